import type { DuckDBMaterializedResult, DuckDBValue, DuckDBVector as Vector } from "@duckdb/node-api";
import { Interrupted, onInterrupt } from "../cells/interrupt.js";
import type { Connection } from "./database.js";
import { duckdb, duckdbBindings } from "./library.js";
import type { QueryText } from "./query-text.js";
import { SqlError } from "./sql-error.js";

/** A column of a result: numbers (NaN where missing), codes into texts (-1 where missing), or values of any type. */
export type ResultColumn = { readonly name: string } & (
  | { readonly numbers: Int32Array | Float64Array }
  | { readonly codes: Int32Array; readonly texts: readonly string[] }
  | { readonly values: unknown[] }
);

/**
 * Runs statements, one as a rule, and takes the result of the last. (`pivot` is two for DuckDB.)
 *
 * The values of a template are bound as parameters, never pasted. Whole numbers beyond 2⁵³ come as text. Throws a SqlError; an
 * interrupt of the cell ends the query.
 */
export async function runQuery(
  connection: Connection,
  text: QueryText,
  values: readonly unknown[],
): Promise<ResultColumn[]> {
  const query = typeof text === "string" ? text : text.reduce((all, part, i) => `${all}$${i}${part}`);
  const given = typeof text === "string" && values.length > 0 ? values : values.slice(0, text.length);
  const { listValue } = await duckdb();
  const bound = given.map((value, i) => bindable(value, i + 1, query, listValue));
  // DuckDB's own error for this says nothing.
  if (query.replace(COMMENTS, "").trim() === "") throw new SqlError("expected a statement, got none", query);
  let isInterrupted = false;
  const forget = onInterrupt(() => {
    isInterrupted = true;
    connection.interrupt();
  });
  try {
    const statements = await connection.extractStatements(query);
    let result: DuckDBMaterializedResult | undefined;
    for (let i = 0; i < statements.count; i++) {
      const statement = await statements.prepare(i);
      if (statement.parameterCount > 0) statement.bind(bound.slice(0, statement.parameterCount));
      result = await statement.run();
    }
    return await resultColumns(result!);
  } catch (error) {
    if (isInterrupted) throw new Interrupted();
    throw new SqlError((error as Error).message, query);
  } finally {
    forget();
  }
}

const COMMENTS = /--.*|\/\*[\s\S]*?\*\/|;/g;

/** Text, numbers, booleans, dates and lists of them, as DuckDB takes them. */
function bindable(
  value: unknown,
  place: number,
  query: string,
  listValue: (items: readonly DuckDBValue[]) => DuckDBValue,
): DuckDBValue {
  if (value === null || ["string", "number", "boolean", "bigint"].includes(typeof value))
    return value as DuckDBValue;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return listValue(Array.from(value as unknown[], (item) => bindable(item, place, query, listValue)));
  throw new SqlError(
    `value $${place} must be a text, number, boolean, date, null, or a list of them, got ${typeof value}`,
    query,
  );
}

async function resultColumns(result: DuckDBMaterializedResult): Promise<ResultColumn[]> {
  const { DuckDBTypeId, DuckDBVector, JSDuckDBValueConverter } = await duckdb();
  const names = result.deduplicatedColumnNames();
  const chunks = Array.from({ length: result.chunkCount }, (_, i) => result.getChunk(i));
  const { data_chunk_get_vector } = await duckdbBindings();
  return names.map((name, column): ResultColumn => {
    const type = result.columnTypeId(column);
    const whole = result.columnType(column);
    const vectors = chunks.map((chunk) =>
      DuckDBVector.create(data_chunk_get_vector(chunk.chunk, column), chunk.rowCount, whole),
    );
    // Dates and decimals lie in arrays of numbers, too, and are none.
    const isNumber = type === DuckDBTypeId.INTEGER || type === DuckDBTypeId.DOUBLE;
    const direct = isNumber ? numbersOf(vectors) : codesOf(vectors);
    if (direct) return { name, ...direct };
    const values = chunks.flatMap((chunk) => chunk.convertColumnValues(column, JSDuckDBValueConverter));
    return { name, values: plain(values) };
  });
}

/** What vectors of numbers and codes have. */
interface Items {
  readonly items: Int32Array | Float64Array | Uint8Array | Uint16Array | Uint32Array;
  readonly validity: { data: unknown; itemValid(row: number): boolean };
  readonly enumType?: { values: readonly string[] };
}

function numbersOf(vectors: readonly Vector[]): { numbers: Int32Array | Float64Array } | undefined {
  const parts = vectors as unknown as readonly Items[];
  const types = [Int32Array, Float64Array] as const;
  const type = types.find((type) => parts.length > 0 && parts.every(({ items }) => items instanceof type));
  if (!type) return undefined;
  const hasGaps = parts.some(({ validity }) => validity.data);
  if (hasGaps && type === Int32Array) return undefined; // no number stands for missing there
  const numbers = new type(parts.reduce((sum, { items }) => sum + items.length, 0));
  eachPart(parts, ({ items, validity }, at) => {
    numbers.set(items, at);
    if (validity.data)
      for (let row = 0; row < items.length; row++)
        if (!validity.itemValid(row)) numbers[at + row] = Number.NaN;
  });
  return { numbers };
}

function codesOf(vectors: readonly Vector[]): { codes: Int32Array; texts: readonly string[] } | undefined {
  const parts = vectors as unknown as readonly Items[];
  const texts = parts[0]?.enumType?.values;
  if (!texts) return undefined;
  const codes = new Int32Array(parts.reduce((sum, { items }) => sum + items.length, 0));
  eachPart(parts, ({ items, validity }, at) => {
    codes.set(items, at);
    if (validity.data)
      for (let row = 0; row < items.length; row++) if (!validity.itemValid(row)) codes[at + row] = -1;
  });
  return { codes, texts };
}

function eachPart(parts: readonly Items[], see: (part: Items, at: number) => void): void {
  let at = 0;
  for (const part of parts) {
    see(part, at);
    at += part.items.length;
  }
}

/** Whole numbers of 64 bits and more as numbers, where all of the column are safe, else as text. */
function plain(values: unknown[]): unknown[] {
  const isBig = values.some((value) => typeof value === "bigint");
  if (!isBig) return values;
  const isSafe = values.every((value) => typeof value !== "bigint" || Number.isSafeInteger(Number(value)));
  return values.map((value) =>
    typeof value === "bigint" ? (isSafe ? Number(value) : String(value)) : value,
  );
}
