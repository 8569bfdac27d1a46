import type { Column } from "./columns/column.js";
import { Series } from "./danfojs/index.js";

const COLUMNS = Symbol("columns");
const POSITION = Symbol("position");

/** What `query` accepts: a Series of booleans such as `df["samples"].gt(10)`, booleans, or a function of a row. */
export type Condition<Row> = Series | readonly boolean[] | ((row: Row, position: number) => boolean);

/**
 * The positions of the rows that a condition selects.
 *
 * Throws a TypeError for a condition of another length, or of other than booleans.
 */
export function selectedRows<Row>(
  condition: Condition<Row>,
  names: readonly string[],
  columns: readonly Column[],
  length: number,
): Int32Array {
  const rows = new Int32Array(length);
  let count = 0;
  if (typeof condition === "function") {
    const Reader = rowReader(names);
    for (let row = 0; row < length; row++)
      if (condition(new Reader(columns, row) as Row, row)) rows[count++] = row;
    return rows.slice(0, count);
  }
  const flags: unknown = condition instanceof Series ? condition.values : condition;
  if (!Array.isArray(flags)) {
    throw new TypeError(
      'query: the condition must be booleans, as df["samples"].gt(10), or a function of a row',
    );
  }
  if (flags.length !== length) {
    throw new TypeError(`query: the condition has ${flags.length} values, the frame has ${length} rows`);
  }
  for (let row = 0; row < length; row++) {
    if (flags[row] === true) rows[count++] = row;
    else if (flags[row] !== false) {
      throw new TypeError(
        `query: the condition is ${String(flags[row])} in row ${row}, neither true nor false`,
      );
    }
  }
  return rows.slice(0, count);
}

/** Frames of different columns that are remembered. */
const MAX_READERS = 64;
type RowReader = new (columns: readonly Column[], position: number) => object;
const readers = new Map<string, RowReader>();

/**
 * A class of rows whose members are looked up when they are asked for.
 *
 * The same one for the same names: V8 makes fast code for a condition whose rows are always of one kind.
 */
function rowReader(names: readonly string[]): RowReader {
  const key = JSON.stringify(names);
  let reader = readers.get(key);
  if (!reader) {
    if (readers.size >= MAX_READERS) readers.clear();
    reader = makeReader(names);
    readers.set(key, reader);
  }
  return reader;
}

interface RowAt {
  [COLUMNS]: readonly Column[];
  [POSITION]: number;
}

function makeReader(names: readonly string[]): RowReader {
  function RowAt(this: RowAt, columns: readonly Column[], position: number) {
    this[COLUMNS] = columns;
    this[POSITION] = position;
  }
  const prototype = Object.create(null);
  for (const [i, name] of names.entries()) {
    Object.defineProperty(prototype, name, {
      enumerable: true,
      get(this: RowAt) {
        return this[COLUMNS][i].at(this[POSITION]);
      },
    });
  }
  RowAt.prototype = prototype;
  return RowAt as unknown as RowReader;
}
