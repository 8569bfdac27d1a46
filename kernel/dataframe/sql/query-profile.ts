import { type Connection, type Database, openDatabase } from "../../duckdb/database.js";
import { runQuery } from "../../duckdb/query.js";
import type { QueryText } from "../../duckdb/query-text.js";
import { registerScan, type ScanTable } from "../../duckdb/scan.js";
import type { NamedColumn } from "../columns/column.js";
import type { ProfileLink } from "../profile-link.js";
import { profileScan } from "./profile-scan.js";
import { resultColumns } from "./result-frame.js";
import { resultLink } from "./result-profile.js";
import { macros } from "./sql-views.js";

export interface Queried {
  readonly columns: readonly NamedColumn[];
  readonly length: number;
  readonly link: ProfileLink | undefined;
}

/** The columns of a result, and the way from its rows to stacks where it has them still. */
export interface QueryResult {
  readonly columns: NamedColumn[];
  readonly link: ProfileLink | undefined;
}

/** Runs a query over a frame. Throws a SqlError with DuckDB's message. */
export async function queryProfile(
  { columns, length, link }: Queried,
  query: QueryText,
  values: readonly unknown[],
): Promise<QueryResult> {
  const tables = profileScan(columns, length, link, typeof query === "string" ? query : query.join(" "));
  const scope = `${++queries}/`;
  const { connection, scanned } = await connect();
  for (const [name, table] of tables) scanned.set(scope + name, table);
  try {
    for (const name of tables.keys())
      await connection.run(`CREATE TEMP VIEW ${name} AS FROM scan('${scope}${name}')`);
    for (const macro of macros({ by: "", functions: "frames" }))
      await connection.run(`CREATE TEMP MACRO ${macro}`);
    const result = resultColumns(await runQuery(connection, query, values));
    return { columns: result, link: link && resultLink(result, link) };
  } finally {
    for (const name of tables.keys()) scanned.delete(scope + name);
    connection.closeSync();
  }
}

let queries = 0;
let opening: Promise<{ database: Database; scanned: Map<string, ScanTable> }> | undefined;

/** A connection of its own to the database of all frames: views of one query are not another's. */
async function connect(): Promise<{ connection: Connection; scanned: Map<string, ScanTable> }> {
  opening ??= openDatabase([]).then(async (database) => {
    const scanned = new Map<string, ScanTable>();
    const connection = await database.connect();
    await registerScan(connection, scanned);
    connection.closeSync();
    return { database, scanned };
  });
  const { database, scanned } = await opening;
  return { connection: await database.connect(), scanned };
}
