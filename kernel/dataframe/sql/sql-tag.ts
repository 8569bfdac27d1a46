import type { Connection } from "../../duckdb/database.js";
import { runQuery } from "../../duckdb/query.js";
import { type ScanTable, withTables } from "../../duckdb/scan.js";
import { SqlError } from "../../duckdb/sql-error.js";
import type { ColumnFrame } from "../column-frame.js";
import type { NamedColumn } from "../columns/column.js";
import { DataFrame } from "../danfojs/index.js";
import { columnFrame } from "../danfojs-functions.js";
import { ProfileFrame } from "../profile-frame.js";
import { Recordings } from "../recordings.js";
import { joinedStacks } from "./joined-profile.js";
import { profileScan } from "./profile-scan.js";
import { framesDatabase, type Queried } from "./query-profile.js";
import { resultColumns } from "./result-frame.js";
import { resultLink, resultStacks, sumsLink } from "./result-profile.js";
import { frameSchema, recordingsSchema } from "./schemas.js";
import { HAS_FRAME } from "./sql-views.js";

type Scalar = string | number | bigint | boolean | Date | null;
/** What may stand in a template of {@link sql}: tables; and values, or lists of them, which are bound. */
export type SqlValue = DataFrame | Recordings | Scalar | readonly Scalar[] | ArrayBufferView;

/**
 * Runs SQL (DuckDB's) in which frames and recordings are tables: sql`select leaf, samples from ${df} where pid = ${pid}`.
 *
 * A profile is its rows; what is behind them follows a point: `${df}.samples`, `.frames`, `.threads`, `.stack_frames`, and
 * `${df}.self()`, `.total()`, one row a function. So one query can ask several profiles, also `recordings("runs/*")` and other
 * DataFrames. Any other value is bound, not pasted, whatever it holds.
 *
 * A result with the columns `stack` and `samples` can be drawn. Throws a SqlError with the line and the place.
 *
 * @example
 * await sql`select name, a.share - b.share as more from ${before}.self() b join ${after}.self() a using (name, module)`
 */
export async function sql(parts: TemplateStringsArray, ...values: SqlValue[]): Promise<ColumnFrame> {
  if (!Array.isArray(parts?.raw))
    throw new SqlError(
      `sql is a tag: sql\`select … from \${df}\`; a text is asked of a frame: df.sql(text)`,
      "",
    );
  const recorded = [...new Set(values.filter((value) => value instanceof Recordings))];
  const frames = [...new Set(values.filter((value) => value instanceof DataFrame))];
  // Recordings of one query are in one database.
  const all = recorded.length > 1 ? together(recorded) : recorded[0];
  const names = new Names();
  const nameOf = new Map<SqlValue, string>();
  for (const table of recorded) nameOf.set(table, names.take("recordings"));
  for (const table of frames) nameOf.set(table, names.take("frame"));
  const bound: SqlValue[] = [];
  const text = parts.reduce((before, part, i) => {
    const value = values[i - 1];
    return `${before}${nameOf.get(value) ?? `$${bound.push(value)}`}${part}`;
  });
  const asked = frames.map((frame) => ({ name: nameOf.get(frame)!, ...queried(frame) }));
  const database = all ? (await all.opened()).database : await framesDatabase();
  const connection = await database.connect();
  const tables = new Map<string, ScanTable>();
  for (const { name, columns, length, link } of asked)
    for (const [table, scan] of profileScan(columns, length, link, text))
      tables.set(`${name}.${table}`, scan);
  try {
    return await withTables(tables, async (source) => {
      const made = [
        ...recorded.flatMap((table) => recordingsSchema(nameOf.get(table)!, table.folders)),
        ...asked.flatMap(({ name, link }) => frameSchema(name, link !== undefined, source)),
        `CREATE OR REPLACE TEMP MACRO ${HAS_FRAME}`,
      ];
      for (const statement of made) await connection.run(statement);
      const columns = resultColumns(await runQuery(connection, text, bound));
      return await resultFrame(columns, asked, all, connection);
    });
  } catch (error) {
    throw error instanceof SqlError && nameOf.size === 0 ? withHint(error) : error;
  } finally {
    for (const name of nameOf.values()) {
      await connection.run(`DROP VIEW IF EXISTS main.${name}`);
      await connection.run(`DROP SCHEMA IF EXISTS ${name} CASCADE`);
    }
    names.giveBack();
    connection.closeSync();
  }
}

async function resultFrame(
  columns: NamedColumn[],
  asked: readonly Queried[],
  recorded: Recordings | undefined,
  connection: Connection,
): Promise<ColumnFrame> {
  if (!resultStacks(columns)) return ProfileFrame.fromResult(columns);
  const links = asked.flatMap(({ link }) => link ?? []);
  if (links.length === 1 && !recorded) return ProfileFrame.fromResult(columns, resultLink(columns, links[0]));
  const profiles = links.map(({ rows }) => rows.data);
  const stacks = await recorded?.stacksOf(columns, connection);
  if (stacks) profiles.push(stacks);
  return ProfileFrame.fromResult(
    columns,
    profiles.length > 0 ? sumsLink(columns, joinedStacks(profiles)) : undefined,
  );
}

function queried(frame: DataFrame): Queried {
  if (frame instanceof ProfileFrame) return frame.queried();
  return { columns: columnFrame(frame).namedColumns(), length: frame.shape[0], link: undefined };
}

function together(recorded: readonly Recordings[]): Recordings {
  return new Recordings([...new Set(recorded.flatMap(({ folders }) => folders))]);
}

function withHint({ message, query }: SqlError): SqlError {
  if (!message.startsWith("Catalog Error: Table")) return new SqlError(message, query);
  return new SqlError(
    `${message}\n\nTables are what stands in the template: from \${df}, from \${df}.samples`,
    query,
  );
}

/** Names of tables that no query has which runs at the same time. */
class Names {
  static readonly #used = new Set<string>();
  readonly #own: string[] = [];

  take(word: string): string {
    let number = 1;
    while (Names.#used.has(`${word}_${number}`)) number++;
    const name = `${word}_${number}`;
    Names.#used.add(name);
    this.#own.push(name);
    return name;
  }

  giveBack(): void {
    for (const name of this.#own) Names.#used.delete(name);
  }
}
