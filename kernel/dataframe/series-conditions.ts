import { heldBy, seriesOver } from "./column-series.js";
import { madeColumn } from "./columns/lazy-column.js";
import { NumberColumn } from "./columns/number-column.js";
import { TextColumn } from "./columns/text-column.js";
import { Series } from "./danfojs/index.js";
import { type Flags, joinedFlags, newFlags } from "./flags.js";
import type { Label } from "./lazy-storage.js";

type Comparison = "lt" | "le" | "gt" | "ge" | "eq" | "ne";
type Joining = "and" | "or";

/** What danfojs compares by, and what it joins conditions by. */
interface Conditions extends Record<Joining, (this: Series, other: unknown) => Series> {
  boolOps(this: Series, other: unknown, comparison: Comparison): Series;
}

const prototype = Series.prototype as unknown as Conditions;
const danfojs: Conditions = { boolOps: prototype.boolOps, and: prototype.and, or: prototype.or };

/**
 * Conditions as danfojs makes them, at the speed of a loop over the column: danfojs makes a list of it, and looks for doubles
 * in the index of each result.
 */
Object.assign(prototype, {
  boolOps(this: Series, other: unknown, comparison: Comparison): Series {
    if (typeof other !== "number" && typeof other !== "string")
      return danfojs.boolOps.call(this, other, comparison);
    return condition(this, comparedSeries(this, other as never, comparison));
  },
  and: joining("and", (one, other) => one & other),
  or: joining("or", (one, other) => one | other),
});

function joining(name: Joining, join: (one: number, other: number) => number) {
  return function (this: Series, other: unknown): Series {
    if (!(other instanceof Series) || other.dtypes[0] !== this.dtypes[0])
      return danfojs[name].call(this, other);
    const [ours, theirs] = [flagsOf(this), flagsOf(other)];
    if (ours.length !== theirs.length) return danfojs[name].call(this, other);
    return condition(this, joinedFlags(ours, theirs, join));
  };
}

function flagsOf(series: Series): Flags {
  const held = heldBy(series);
  if (held instanceof Uint8Array) return held;
  const values = series.values as unknown[];
  const flags = newFlags(values.length);
  for (let row = 0; row < flags.length; row++) flags[row] = values[row] ? 1 : 0;
  return flags;
}

function condition(of: Series, flags: Flags): Series {
  const values = () => Array.from(flags, (flag) => flag === 1);
  return seriesOver("0", "boolean", flags, values, () => of.index as Label[]);
}

function comparedSeries(series: Series, other: number, comparison: Comparison): Flags {
  const held = heldBy(series);
  const column = held && !(held instanceof Uint8Array) ? madeColumn(held) : undefined;
  if (column instanceof NumberColumn) return compared(column.values, other, comparison);
  if (column instanceof TextColumn && !column.isLazy) {
    // Each text of the dictionary is compared once; what is missing has the code -1.
    const { codes, texts } = column.encoded();
    const found = compared([null, ...texts] as never[], other, comparison);
    const flags = newFlags(codes.length);
    for (let row = 0; row < flags.length; row++) flags[row] = found[codes[row] + 1];
    return flags;
  }
  return compared(series.values as never[], other, comparison);
}

/** 1 where the comparison holds. `Number()` makes no branch of it, which half of all rows would go the wrong way. */
function compared(values: ArrayLike<number>, other: number, comparison: Comparison): Flags {
  const { length } = values;
  const flags = newFlags(length);
  switch (comparison) {
    case "lt":
      for (let row = 0; row < length; row++) flags[row] = Number(values[row] < other);
      break;
    case "le":
      for (let row = 0; row < length; row++) flags[row] = Number(values[row] <= other);
      break;
    case "gt":
      for (let row = 0; row < length; row++) flags[row] = Number(values[row] > other);
      break;
    case "ge":
      for (let row = 0; row < length; row++) flags[row] = Number(values[row] >= other);
      break;
    case "eq":
      for (let row = 0; row < length; row++) flags[row] = Number(values[row] === other);
      break;
    case "ne":
      for (let row = 0; row < length; row++) flags[row] = Number(values[row] !== other);
  }
  return flags;
}
