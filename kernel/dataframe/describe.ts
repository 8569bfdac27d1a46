import { aggregate, isNumeric } from "./aggregate.js";
import { isMissing, type NamedColumn } from "./columns/column.js";
import { columnOf } from "./columns/column-of.js";
import { Groups } from "./group-keys.js";

/** danfojs's names and order, and the aggregation that each is. */
const STATISTICS = [
  ["count", "count"],
  ["mean", "mean"],
  ["std", "std"],
  ["min", "min"],
  ["median", "median"],
  ["max", "max"],
  ["variance", "var"],
] as const;

/** Statistics of the columns that have numbers, one a row. Missing values are left out. */
export function described(
  columns: readonly NamedColumn[],
  length: number,
): { labels: string[]; columns: NamedColumn[] } {
  const everything = new Groups(1, new Int32Array(length));
  return {
    labels: STATISTICS.map(([label]) => label),
    columns: columns
      .filter(({ column }) => isNumeric(column))
      .map(({ name, column }) => {
        const values = STATISTICS.map(([, aggregation]) => aggregate(column, everything, aggregation).at(0));
        return {
          name,
          column: columnOf(
            Float64Array.from(values, (value) => (isMissing(value) ? Number.NaN : Number(value))),
          ),
        };
      }),
  };
}
