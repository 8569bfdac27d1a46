import { type Column, isMissing } from "./columns/column.js";
import { columnOf } from "./columns/column-of.js";
import type { Groups } from "./group-keys.js";

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
export type Aggregation = (typeof AGGREGATIONS)[number];

/** True when the aggregation wants numbers. */
export function wantsNumbers(aggregation: Aggregation): boolean {
  return Object.hasOwn(NUMERIC, aggregation);
}

/** One value a group. Missing values are left out; of nothing the sum is 0, the count 0 and the rest missing. */
export function aggregate(column: Column, groups: Groups, aggregation: Aggregation): Column {
  if (aggregation === "sum") return columnOf(sums(column, groups)); // by far the most frequent
  const summarise: (values: unknown[]) => unknown = wantsNumbers(aggregation)
    ? (values) => NUMERIC[aggregation](values as number[])
    : GENERAL[aggregation];
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
  nunique: (values) => new Set(values).size,
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

function sums(column: Column, groups: Groups): number[] {
  const sum = new Array<number>(groups.count).fill(0);
  for (let row = 0; row < groups.of.length; row++) {
    const value = column.at(row);
    if (!isMissing(value)) sum[groups.of[row]] += value as number;
  }
  return sum;
}

function total(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
