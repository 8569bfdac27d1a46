import type { Column } from "./columns/column.js";
import { madeColumn } from "./columns/lazy-column.js";
import { NumberColumn } from "./columns/number-column.js";
import { Series } from "./danfojs/index.js";

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
    const rowAt = rowReader(names, columns) as (position: number) => Row;
    for (let row = 0; row < length; row++) if (condition(rowAt(row), row)) rows[count++] = row;
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

/** Reads rows as objects whose members are looked up when they are asked for. */
function rowReader(names: readonly string[], columns: readonly Column[]): (position: number) => object {
  function RowAt(this: { [POSITION]: number }, position: number) {
    this[POSITION] = position;
  }
  const prototype = Object.create(null);
  for (const [i, name] of names.entries()) {
    Object.defineProperty(prototype, name, { enumerable: true, get: getter(columns[i]) });
  }
  RowAt.prototype = prototype;
  const Constructor = RowAt as unknown as new (position: number) => object;
  return (position) => new Constructor(position);
}

function getter(lazy: Column): (this: { [POSITION]: number }) => unknown {
  const column = madeColumn(lazy);
  if (!(column instanceof NumberColumn))
    return function () {
      return column.at(this[POSITION]);
    };
  const { values } = column;
  return function () {
    return values[this[POSITION]];
  };
}
