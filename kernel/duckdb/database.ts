import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

export type Connection = DuckDBConnection;
export type Database = DuckDBInstance;

let loading: Promise<typeof import("@duckdb/node-api")> | undefined;

/** The library, loaded when it is first asked for. */
export function duckdb(): Promise<typeof import("@duckdb/node-api")> {
  loading ??= import("@duckdb/node-api");
  return loading;
}

type Bindings = typeof import("@duckdb/node-bindings");

/** What the library is made over; it alone gives a vector without asking DuckDB for all names of its type. */
export async function duckdbBindings(): Promise<Bindings> {
  const { default: bindings } = (await import("@duckdb/node-bindings")) as unknown as { default: Bindings };
  return bindings;
}

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
  if (files !== "all") {
    const connection = await instance.connect();
    if (files.length > 0) await connection.run(`SET allowed_paths = [${files.map(literal).join(", ")}]`);
    await connection.run("SET enable_external_access = false");
    await connection.run("SET lock_configuration = true");
    connection.closeSync();
  }
  return instance;
}

/** Text as a literal of SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
