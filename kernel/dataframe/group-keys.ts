import type { Column } from "./columns/column.js";

/** Which rows belong together. Groups are in the order of their first rows. */
export interface Groups {
  readonly count: number;
  /** The group of each row. */
  readonly of: Int32Array;
  /** The first row of each group. */
  readonly first: Int32Array;
  /** The rows of group `g`: `rows[offsets[g]] … rows[offsets[g + 1] - 1]`, in order. */
  readonly offsets: Int32Array;
  readonly rows: Int32Array;
}

/** Groups rows by equal values of all columns. Values are never joined into one text, so nothing is confused. */
export function groupRows(columns: readonly Column[], length: number): Groups {
  const of = new Int32Array(length);
  let count = length > 0 ? 1 : 0;
  for (const column of columns) count = refine(of, column);
  const first = new Int32Array(count).fill(-1);
  const offsets = new Int32Array(count + 1);
  for (let row = 0; row < length; row++) {
    if (first[of[row]] < 0) first[of[row]] = row;
    offsets[of[row] + 1]++;
  }
  for (let group = 0; group < count; group++) offsets[group + 1] += offsets[group];
  const next = offsets.slice(0, count);
  const rows = new Int32Array(length);
  for (let row = 0; row < length; row++) rows[next[of[row]]++] = row;
  return { count, of, first, offsets, rows };
}

/** Splits groups by one more column, in place, and returns how many there are. */
function refine(of: Int32Array, column: Column): number {
  const { codes, size } = column.codes();
  const known = new Map<number, number>();
  for (let row = 0; row < of.length; row++) {
    // At most rows × rows, which a double holds exactly.
    const pair = of[row] * size + codes[row];
    let group = known.get(pair);
    if (group === undefined) {
      group = known.size;
      known.set(pair, group);
    }
    of[row] = group;
  }
  return known.size;
}
