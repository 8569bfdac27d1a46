import type { Codes, Column } from "./columns/column.js";

/** Pairs of codes that a table of all of them is made for, instead of a Map: 32 MiB. */
const MAX_TABLE = 2 ** 23;

/** Which rows belong together. Groups are in the order of their first rows. */
export class Groups {
  /** The first row of each group. */
  readonly first: Int32Array;
  #members: { offsets: Int32Array; rows: Int32Array } | undefined;

  constructor(
    readonly count: number,
    /** The group of each row. */
    readonly of: Int32Array,
  ) {
    this.first = new Int32Array(count);
    for (let row = of.length - 1; row >= 0; row--) this.first[of[row]] = row;
  }

  /** The rows of group `g`: `rows[offsets[g]] … rows[offsets[g + 1] - 1]`, in order. */
  get offsets(): Int32Array {
    return this.#lists.offsets;
  }

  get rows(): Int32Array {
    return this.#lists.rows;
  }

  /** Made when first asked for: a sum does without. */
  get #lists(): { offsets: Int32Array; rows: Int32Array } {
    if (!this.#members) {
      const { of, count } = this;
      const offsets = new Int32Array(count + 1);
      for (let row = 0; row < of.length; row++) offsets[of[row] + 1]++;
      for (let group = 0; group < count; group++) offsets[group + 1] += offsets[group];
      const next = offsets.slice(0, count);
      const rows = new Int32Array(of.length);
      for (let row = 0; row < of.length; row++) rows[next[of[row]]++] = row;
      this.#members = { offsets, rows };
    }
    return this.#members;
  }
}

/** Groups rows by equal values of all columns. Values are never joined into one text, so nothing is confused. */
export function groupRows(columns: readonly Column[], length: number): Groups {
  return groupCodes(
    columns.map((column) => column.codes()),
    length,
  );
}

/** Groups rows whose codes are equal in all lists. */
export function groupCodes(keys: readonly Codes[], length: number): Groups {
  const of = new Int32Array(length);
  let count = length > 0 ? 1 : 0;
  for (const key of keys) count = refine(of, count, key);
  return new Groups(count, of);
}

/** Splits groups by one more list of codes, in place, and returns how many there are. */
function refine(of: Int32Array, count: number, { codes, size }: Codes): number {
  // At most rows × rows, which a double holds exactly.
  return count * size <= MAX_TABLE ? refineByTable(of, count, codes, size) : refineByMap(of, codes, size);
}

function refineByTable(of: Int32Array, count: number, codes: Int32Array, size: number): number {
  const table = new Int32Array(count * size);
  let groups = 0;
  for (let row = 0; row < of.length; row++) {
    const pair = of[row] * size + codes[row];
    let group = table[pair];
    if (group === 0) {
      group = ++groups;
      table[pair] = group;
    }
    of[row] = group - 1;
  }
  return groups;
}

function refineByMap(of: Int32Array, codes: Int32Array, size: number): number {
  const known = new Map<number, number>();
  for (let row = 0; row < of.length; row++) {
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
