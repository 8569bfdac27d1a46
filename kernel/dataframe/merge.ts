import { type Codes, type Column, isMissing, type NamedColumn, plainCodes } from "./columns/column.js";
import { columnOf } from "./columns/column-of.js";
import { ValueCodes } from "./columns/value-codes.js";
import { groupCodes } from "./group-keys.js";
import { OptionError } from "./option-error.js";

const HOW = ["inner", "left", "right", "outer"] as const;

export interface MergeOptions {
  /** The columns that must be equal, in both frames; all that both have, without it. */
  on?: string | readonly string[];
  /**
   * Which rows are kept that have no partner: none (`inner`, the default of `merge`), those of the left frame (`left`, the
   * default of `join`), of the right one, or of both (`outer`).
   */
  how?: (typeof HOW)[number];
  /** Added to the names of other columns that both frames have. Without it the right one's is called `name_1`, as in danfojs. */
  suffixes?: readonly [string, string];
}

/** The columns of one side. */
export interface Side {
  readonly columns: readonly NamedColumn[];
  readonly length: number;
}

export interface Merged {
  readonly columns: NamedColumn[];
  /** The row of the left frame that each row has, or -1. */
  readonly left: Int32Array;
}

/**
 * Joins rows of two frames whose keys are equal, value by value; a missing key equals a missing one.
 *
 * Rows are in the order of the left frame (of the right one for `how: "right"`), then come those of the right without a
 * partner. What a row lacks is missing. Throws an OptionError for a column or an option that does not exist.
 */
export function merged(where: string, left: Side, right: Side, options: MergeOptions): Merged {
  const { how = "inner", suffixes } = options;
  if (!HOW.includes(how)) throw new OptionError(where, "how", how, HOW);
  const on = keysOf(where, left, right, options.on);
  const pairs = how === "right" ? swapped(pairsOf(right, left, on, "left")) : pairsOf(left, right, on, how);
  const keys = on.map((name) => ({ name, column: keyColumn(left, right, name, pairs) }));
  const others = ({ columns }: Side) => columns.filter(({ name }) => !on.includes(name));
  const columns: NamedColumn[] = [...keys];
  const used = new Set(on);
  const add = (name: string, column: Column) => {
    let free = name;
    for (let i = 1; used.has(free); i++) free = `${name}_${i}`;
    used.add(free);
    columns.push({ name: free, column });
  };
  const [leftOthers, rightOthers] = [others(left), others(right)];
  for (const { name, column } of leftOthers)
    add(suffixed(name, rightOthers, suffixes?.[0]), column.take(pairs.left));
  for (const { name, column } of rightOthers)
    add(suffixed(name, leftOthers, suffixes?.[1]), column.take(pairs.right));
  return { columns, left: pairs.left };
}

interface Pairs {
  readonly left: Int32Array;
  readonly right: Int32Array;
}

function pairsOf(left: Side, right: Side, on: readonly string[], how: "inner" | "left" | "outer"): Pairs {
  const length = left.length + right.length;
  // Both frames under each other, so that equal keys are one group.
  const { of, offsets, rows } = groupCodes(
    on.map((name) => sharedCodes(named(left, name), named(right, name))),
    length,
  );
  const [leftRows, rightRows]: [number[], number[]] = [[], []];
  for (let row = 0; row < left.length; row++) {
    const before = leftRows.length;
    for (let i = offsets[of[row]]; i < offsets[of[row] + 1]; i++) {
      if (rows[i] < left.length) continue;
      leftRows.push(row);
      rightRows.push(rows[i] - left.length);
    }
    if (how !== "inner" && leftRows.length === before) {
      leftRows.push(row);
      rightRows.push(-1);
    }
  }
  if (how === "outer") {
    for (let row = left.length; row < length; row++) {
      if (rows[offsets[of[row]]] < left.length) continue; // a group begins with its rows of the left
      leftRows.push(-1);
      rightRows.push(row - left.length);
    }
  }
  return { left: Int32Array.from(leftRows), right: Int32Array.from(rightRows) };
}

function swapped({ left, right }: Pairs): Pairs {
  return { left: right, right: left };
}

/** Codes of the left column and, after them, of the right one, by which equal values are found in both. */
function sharedCodes(left: Column, right: Column): Codes {
  const known = new ValueCodes();
  const codes = new Int32Array(left.length + right.length);
  let start = 0;
  for (const column of [left, right]) {
    const own = plainCodes(column.codes());
    const shared = new Int32Array(own.size).fill(-1); // each distinct value is looked at once
    for (let row = 0; row < column.length; row++) {
      const code = own.codes[row];
      if (shared[code] < 0) {
        const value = column.at(row);
        shared[code] = known.of(isMissing(value) ? null : value);
      }
      codes[start + row] = shared[code];
    }
    start += column.length;
  }
  return { codes, size: known.size };
}

/** A key as the left frame has it, or the right one where the left has no row. */
function keyColumn(left: Side, right: Side, name: string, pairs: Pairs): Column {
  const [ours, theirs] = [named(left, name), named(right, name)];
  if (!pairs.left.includes(-1)) return ours.take(pairs.left);
  if (!pairs.right.includes(-1)) return theirs.take(pairs.right);
  return columnOf(Array.from(pairs.left, (row, i) => (row < 0 ? theirs.at(pairs.right[i]) : ours.at(row))));
}

function keysOf(where: string, left: Side, right: Side, on: MergeOptions["on"]): string[] {
  const names = (side: Side) => side.columns.map(({ name }) => name);
  const common = names(left).filter((name) => names(right).includes(name));
  const keys = on === undefined ? common : typeof on === "string" ? [on] : [...on];
  for (const key of keys) {
    if (common.includes(key)) continue;
    const side = names(left).includes(key) ? "right" : "left";
    throw new OptionError(
      where,
      "on",
      key,
      common.length > 0 ? common : `a column that the ${side} frame has`,
    );
  }
  if (keys.length === 0) throw new OptionError(where, "on", on, "one or several columns of both frames");
  return keys;
}

function named({ columns }: Side, name: string): Column {
  return columns.find((column) => column.name === name)!.column;
}

function suffixed(name: string, others: readonly NamedColumn[], suffix: string | undefined): string {
  return suffix !== undefined && others.some((other) => other.name === name) ? name + suffix : name;
}
