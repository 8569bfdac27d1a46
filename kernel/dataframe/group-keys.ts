import { type Codes, type Column, plainCodes } from "./columns/column.js";

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
    first?: Int32Array,
  ) {
    this.first = first ?? firstRows(of, count);
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
  const size = keys.reduce((product, key) => product * key.size, 1);
  if (size <= MAX_TABLE && keys.length > 0 && length > 0) return groupByTable(keys, length, size);
  const of = new Int32Array(length);
  let count = length > 0 ? 1 : 0;
  // At most rows × rows, which a double holds exactly.
  for (const key of keys) count = refine(of, plainCodes(key));
  return new Groups(count, of);
}

/** All keys of a row are one place in a table. */
function groupByTable(keys: readonly Codes[], length: number, size: number): Groups {
  const of = new Int32Array(length);
  const table = new Int32Array(size);
  if (keys.length === 2) return groupPairs(of, table, mapped(keys[0]), mapped(keys[1]));
  for (const key of keys) combine(of, key);
  const first: number[] = [];
  for (let row = 0; row < length; row++) {
    const place = of[row];
    if (table[place] === 0) table[place] = first.push(row);
    of[row] = table[place] - 1;
  }
  return new Groups(first.length, of, Int32Array.from(first));
}

/** The same of two keys, as most groups have, in one look at all rows. */
function groupPairs(of: Int32Array, table: Int32Array, one: Required<Codes>, other: Required<Codes>): Groups {
  const { codes: oneCodes, map: oneMap } = one;
  const { codes: otherCodes, map: otherMap, size } = other;
  const first: number[] = [];
  for (let row = 0; row < of.length; row++) {
    const place = oneMap[oneCodes[row] + 1] * size + otherMap[otherCodes[row] + 1];
    let group = table[place];
    if (group === 0) {
      group = first.push(row);
      table[place] = group;
    }
    of[row] = group - 1;
  }
  return new Groups(first.length, of, Int32Array.from(first));
}

function combine(of: Int32Array, key: Codes): void {
  const { codes, size, map } = mapped(key);
  for (let row = 0; row < of.length; row++) of[row] = of[row] * size + map[codes[row] + 1];
}

/** Codes with a map, of each to itself where there was none. */
function mapped({ codes, size, map }: Codes): Required<Codes> {
  return { codes, size, map: map ?? Int32Array.from({ length: size + 1 }, (_, i) => i - 1) };
}

/** Splits groups by one more list of codes, in place, and returns how many there are. */
function refine(of: Int32Array, { codes, size }: Codes): number {
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

function firstRows(of: Int32Array, count: number): Int32Array {
  const first = new Int32Array(count);
  for (let row = of.length - 1; row >= 0; row--) first[of[row]] = row;
  return first;
}
