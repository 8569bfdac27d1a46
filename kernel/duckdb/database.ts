import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { duckdb } from "./library.js";
import { registerScan } from "./scan.js";

export type Connection = DuckDBConnection;
export type Database = DuckDBInstance;

/**
 * Opens a database in memory that loads no extension and has no network.
 *
 * @param files The only files that its queries may read; `"all"` for queries that are written in this package.
 */
export async function openDatabase(files: readonly string[] | "all"): Promise<Database> {
  const { DuckDBInstance } = await duckdb();
  const instance = await DuckDBInstance.create(":memory:", {
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    // What does not fit into memory goes here, and not into the notebook's folder.
    temp_directory: join(tmpdir(), `proflab-duckdb-${process.pid}`),
  });
  const connection = await instance.connect();
  await registerScan(connection);
  if (files !== "all") {
    if (files.length > 0) await connection.run(`SET allowed_paths = [${files.map(literal).join(", ")}]`);
    await connection.run("SET enable_external_access = false");
    await connection.run("SET lock_configuration = true");
  }
  connection.closeSync();
  return instance;
}

/** Text as a literal of SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A path in which `*`, `?` and `[` are no patterns. */
export function withoutPatterns(path: string): string {
  return path.replace(/[*?[]/g, "[$&]");
}

let own: Promise<Database> | undefined;

/** A connection to the database of this package's own queries, which may read and write files; it keeps no table. */
export async function ownConnection(): Promise<Connection> {
  own ??= openDatabase("all");
  return (await own).connect();
}
