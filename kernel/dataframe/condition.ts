import { heldBy } from "./column-series.js";
import type { Column } from "./columns/column.js";
import { rowReader } from "./condition-row.js";
import { Series } from "./danfojs/index.js";
import { rowsOfFlags } from "./flags.js";

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
    const { Reader, sources } = rowReader(names, columns);
    for (let row = 0; row < length; row++)
      if (condition(new Reader(sources, row) as Row, row)) rows[count++] = row;
    return rows.slice(0, count);
  }
  const held = condition instanceof Series ? heldBy(condition) : undefined;
  if (held instanceof Uint8Array && held.length === length) return rowsOfFlags(held);
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
