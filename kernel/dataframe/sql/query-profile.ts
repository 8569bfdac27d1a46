import { type Database, openDatabase } from "../../duckdb/database.js";
import { runQuery } from "../../duckdb/query.js";
import type { QueryText } from "../../duckdb/query-text.js";
import { withTables } from "../../duckdb/scan.js";
import type { NamedColumn } from "../columns/column.js";
import type { ProfileLink } from "../profile-link.js";
import { profileScan } from "./profile-scan.js";
import { resultColumns } from "./result-frame.js";
import { resultLink } from "./result-profile.js";
import { HAS_FRAME, macros } from "./sql-views.js";

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
  const text = typeof query === "string" ? query : query.join(" ");
  const tables = profileScan(columns, length, link, text);
  return withTables(tables, async (source) => {
    const connection = await (await framesDatabase()).connect(); // its own: views of one query are not another's
    try {
      for (const name of tables.keys())
        await connection.run(`CREATE TEMP VIEW ${name} AS FROM ${source(name)}`);
      for (const macro of [HAS_FRAME, ...macros({ by: "", functions: "frames" })])
        await connection.run(`CREATE TEMP MACRO ${macro}`);
      const result = resultColumns(await runQuery(connection, query, values));
      return { columns: result, link: link && resultLink(result, link) };
    } finally {
      connection.closeSync();
    }
  });
}

let opening: Promise<Database> | undefined;

/** The database of all frames. */
export function framesDatabase(): Promise<Database> {
  opening ??= openDatabase([]);
  return opening;
}
