import { resolve } from "node:path";
import type { ProfileData } from "../dataframe/profile-data.js";
import { literal, withoutPatterns } from "../duckdb/database.js";
import { isolatedQuery } from "../duckdb/isolated-query.js";
import type { ResultColumn } from "../duckdb/query.js";
import { FormatError } from "./format-error.js";
import { ProfileBuilder } from "./profile-builder.js";
import { readStackTable, type StackTable } from "./stack-table.js";
import { STATED_META } from "./stated-meta.js";

const PARQUET = "parquet";
const COLUMNS = [
  ...["stack", "samples", "time_ms", "pid", "tid", "process", "comm", "end", "frames"],
  ...["sample_at_ms", "sample_cpu", "sample_weight", "sample_count"],
];
/** Rows that a file may have: a few bytes may stand for as many equal ones as they say. */
const MAX_ROWS = 2 ** 21;

export function isParquet(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4)).toString("latin1") === "PAR1";
}

/**
 * Reads a Parquet file with a column `stack` of folded stacks, a row a thread and stack: what `toParquet()` writes, and what
 * another program made of it. Columns are those of Arrow. Throws a FormatError.
 *
 * @param file Its path.
 * @param bytes Its size.
 */
export async function readParquet(file: string, bytes: number): Promise<ProfileData> {
  const fail = (problem: string): never => {
    throw new FormatError(file, PARQUET, `byte 0 to ${bytes}`, problem);
  };
  try {
    const table = await readTable(literal(withoutPatterns(resolve(file))), fail);
    const builder = new ProfileBuilder(bytes, (limit) => fail(`expected ${limit}`));
    return readStackTable(table, builder, { file, format: PARQUET }, fail);
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof FormatError || name === "Interrupted") throw error;
    return fail(`expected a Parquet file: ${message.split("\n")[0]}`);
  }
}

async function readTable(file: string, fail: (problem: string) => never): Promise<StackTable> {
  const first = (columns: ResultColumn[]) => Array.from(valuesOf(columns[0]) ?? []);
  const rows = Number(first(await isolatedQuery(`SELECT num_rows FROM parquet_file_metadata(${file})`))[0]);
  if (!(rows <= MAX_ROWS)) fail(`expected at most ${MAX_ROWS} rows, got ${rows}`);
  const names = first(
    await isolatedQuery(`SELECT column_name FROM (DESCRIBE FROM read_parquet(${file}))`),
  ) as string[];
  const known = COLUMNS.filter((name) => names.includes(name));
  const list = known.length > 0 ? known.map((name) => `"${name}"`).join(", ") : "count(*)";
  const columns = await isolatedQuery(`SELECT ${list} FROM read_parquet(${file})`);
  const stated = first(
    await isolatedQuery(
      `SELECT decode(value) FROM parquet_kv_metadata(${file}) WHERE key = encode('${STATED_META}')`,
    ),
  );
  const column = (name: string) =>
    valuesOf(columns.find((column) => column.name === name && known.includes(name)));
  return {
    names,
    column,
    list(name) {
      const values = column(name);
      if (!values || !Array.from(values).every((value) => value === null || Array.isArray(value)))
        return undefined;
      return (row) => (values[row] as readonly unknown[] | null) ?? [];
    },
    stated: stated.length > 0 ? String(stated[0]) : undefined,
  };
}

function valuesOf(column: ResultColumn | undefined): ArrayLike<unknown> | undefined {
  if (!column) return undefined;
  if ("numbers" in column) return column.numbers;
  if ("values" in column) return column.values;
  return Array.from(column.codes, (code) => (code < 0 ? null : column.texts[code]));
}
