import { type Column, isMissing } from "./columns/column.js";
import { columnOf } from "./columns/column-of.js";
import { madeColumn } from "./columns/lazy-column.js";
import { NumberColumn } from "./columns/number-column.js";
import { ValueCodes } from "./columns/value-codes.js";
import type { Groups } from "./group-keys.js";
import { OptionError } from "./option-error.js";

type Summary = (values: readonly number[]) => number | null;

const mean: Summary = (values) => (values.length === 0 ? null : total(values) / values.length);
const variance: Summary = (values) => {
  if (values.length < 2) return values.length === 0 ? null : 0; // as danfojs has it
  const centre = mean(values)!;
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
};

const NUMERIC: Record<string, Summary> = {
  sum: total,
  mean,
  var: variance,
  std: (values) => {
    const square = variance(values);
    return square === null ? null : Math.sqrt(square);
  },
  median: (values) => {
    const sorted = values.toSorted((a, b) => a - b);
    const middle = sorted.length >> 1;
    if (sorted.length === 0) return null;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  },
};

/** Names that `agg` accepts. */
export const AGGREGATIONS = [
  "sum",
  "mean",
  "min",
  "max",
  "count",
  "std",
  "var",
  "median",
  "mode",
  "nunique",
] as const;
export type AggregationName = (typeof AGGREGATIONS)[number];

/** What makes one value of a group's: by name, or a function of the values that are not missing, in order. */
// biome-ignore lint/suspicious/noExplicitAny: columns are known only at run time, and the function knows what is in its own
export type Aggregation = AggregationName | ((values: any[]) => unknown);

/** As result columns have it at the end of their names: `samples_sum`; a function without a name of its own is `custom`. */
export function aggregationName(aggregation: Aggregation, column = ""): string {
  if (typeof aggregation === "string") return aggregation;
  // In `{ samples: (values) => … }` the function is called after its member.
  return aggregation.name === column ? "custom" : aggregation.name || "custom";
}

/** Throws an OptionError for what is neither a name nor a function. */
export function asAggregation(where: string, option: string, value: unknown): Aggregation {
  if (typeof value === "function" || AGGREGATIONS.includes(value as AggregationName))
    return value as Aggregation;
  throw new OptionError(where, option, value, [...AGGREGATIONS, "a function of values"]);
}

/** True when the aggregation wants numbers. */
export function wantsNumbers(aggregation: Aggregation): boolean {
  return typeof aggregation === "string" && Object.hasOwn(NUMERIC, aggregation);
}

/** One value a group. Missing values are left out; of nothing the sum is 0, the count 0 and the rest missing. */
export function aggregate(column: Column, groups: Groups, aggregation: Aggregation): Column {
  if (aggregation === "sum") return columnOf(sums(column, groups)); // by far the most frequent
  const summarise =
    typeof aggregation === "function"
      ? aggregation
      : ((NUMERIC[aggregation] ?? GENERAL[aggregation]) as (values: unknown[]) => unknown);
  const results: unknown[] = [];
  for (let group = 0; group < groups.count; group++) {
    const values: unknown[] = [];
    for (let i = groups.offsets[group]; i < groups.offsets[group + 1]; i++) {
      const value = column.at(groups.rows[i]);
      if (!isMissing(value)) values.push(value);
    }
    results.push(summarise(values));
  }
  return columnOf(results);
}

const GENERAL: Record<string, (values: unknown[]) => unknown> = {
  count: (values) => values.length,
  nunique: (values) => {
    const codes = new ValueCodes();
    for (const value of values) codes.of(value);
    return codes.size;
  },
  min: (values) => extreme(values, (a, b) => a < b),
  max: (values) => extreme(values, (a, b) => a > b),
  mode: (values) => {
    const counts = new Map<unknown, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    let best: unknown = null;
    for (const [value, count] of counts) if (count > (counts.get(best) ?? 0)) best = value;
    return best;
  },
};

/** The value that comes before all others, of text as of numbers. */
function extreme(values: readonly unknown[], before: (a: number, b: number) => boolean): unknown {
  let best: unknown = values[0] ?? null;
  for (const value of values) if (before(value as number, best as number)) best = value;
  return best;
}

function sums(column: Column, { count, of }: Groups): Float64Array | Int32Array {
  const sum = new Float64Array(count);
  const made = madeColumn(column);
  if (made instanceof NumberColumn) addUp(made.values, of, sum);
  else
    for (let row = 0; row < of.length; row++) {
      const value = column.at(row);
      if (!isMissing(value)) sum[of[row]] += value as number;
    }
  return column.dtype === "int32" && sum.every((value) => value === (value | 0)) ? Int32Array.from(sum) : sum;
}

function addUp(values: Int32Array | Float64Array, of: Int32Array, sum: Float64Array): void {
  for (let row = 0; row < of.length; row++) {
    const value = values[row];
    if (!Number.isNaN(value)) sum[of[row]] += value;
  }
}

function total(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

export function isNumeric(column: Column): boolean {
  return column.dtype === "int32" || column.dtype === "float32";
}

/** Throws a TypeError for an aggregation of numbers of a column that has none. */
export function requireNumbers(where: string, name: string, column: Column, aggregation: Aggregation): void {
  if (wantsNumbers(aggregation) && !isNumeric(column))
    throw new TypeError(`${where}: ${aggregation} needs numbers, and column "${name}" is ${column.dtype}`);
}
