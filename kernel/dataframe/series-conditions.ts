import { seriesOf } from "./column-series.js";
import { Series } from "./danfojs/index.js";
import type { Label } from "./lazy-storage.js";

type Comparison = "lt" | "le" | "gt" | "ge" | "eq" | "ne";
type Joining = "and" | "or";

/** What danfojs compares by, and what it joins conditions by. */
interface Conditions extends Record<Joining, (this: Series, other: unknown) => Series> {
  boolOps(this: Series, other: unknown, comparison: Comparison): Series;
}

const prototype = Series.prototype as unknown as Conditions;
const danfojs: Conditions = { boolOps: prototype.boolOps, and: prototype.and, or: prototype.or };

/** Conditions as danfojs makes them, at the speed of a loop: it looks for doubles in the index of each result. */
Object.assign(prototype, {
  boolOps(this: Series, other: unknown, comparison: Comparison): Series {
    if (typeof other !== "number" && typeof other !== "string")
      return danfojs.boolOps.call(this, other, comparison);
    return condition(this, compared(this.values as never[], other as never, comparison));
  },
  and: joining("and", (one, other) => one && other),
  or: joining("or", (one, other) => one || other),
});

function joining(name: Joining, join: (one: boolean, other: boolean) => boolean) {
  return function (this: Series, other: unknown): Series {
    const isLikeThis =
      other instanceof Series &&
      other.dtypes[0] === this.dtypes[0] &&
      other.values.length === this.values.length;
    if (!isLikeThis) return danfojs[name].call(this, other);
    const [ours, theirs] = [this.values as unknown[], other.values as unknown[]];
    const flags = new Array<boolean>(ours.length);
    for (let row = 0; row < flags.length; row++) flags[row] = join(Boolean(ours[row]), Boolean(theirs[row]));
    return condition(this, flags);
  };
}

function condition(of: Series, flags: boolean[]): Series {
  return seriesOf("0", "boolean", flags, of.index as Label[]);
}

function compared(values: readonly number[], other: number, comparison: Comparison): boolean[] {
  const flags = new Array<boolean>(values.length);
  const { length } = values;
  switch (comparison) {
    case "lt":
      for (let row = 0; row < length; row++) flags[row] = values[row] < other;
      break;
    case "le":
      for (let row = 0; row < length; row++) flags[row] = values[row] <= other;
      break;
    case "gt":
      for (let row = 0; row < length; row++) flags[row] = values[row] > other;
      break;
    case "ge":
      for (let row = 0; row < length; row++) flags[row] = values[row] >= other;
      break;
    case "eq":
      for (let row = 0; row < length; row++) flags[row] = values[row] === other;
      break;
    case "ne":
      for (let row = 0; row < length; row++) flags[row] = values[row] !== other;
  }
  return flags;
}
