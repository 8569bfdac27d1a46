import type { NamedColumn } from "../dataframe/columns/column.js";
import { columnOf, type Values } from "../dataframe/columns/column-of.js";
import { type Differences, verdictOf } from "./differences.js";
import type { Measure } from "./estimate.js";
import { type Item, keyCounts, keyTimes, sum, type WindowCounts } from "./window-counts.js";

/** What the table shows: keys, the windows of both sides, and what was found of each key. */
export interface Compared {
  readonly by: "function" | "stack";
  readonly measure: Measure;
  readonly keys: readonly string[];
  readonly windows: readonly WindowCounts[];
  readonly others: readonly WindowCounts[];
  readonly found: Differences;
}

/** The columns of a comparison: what has a verdict first, by the size of the difference. */
export function comparisonColumns(compared: Compared): NamedColumn[] {
  const { by, measure, keys, windows, others, found } = compared;
  const items = new Map<string, Item>([...windows, ...others].flatMap((window) => [...window.items]));
  const hasNone = (i: number) => Number(verdictOf(found, i) === "no evidence");
  const size = (i: number) => Math.abs(found.difference[i]);
  const order = Int32Array.from(keys.keys()).sort(
    (a, b) => hasNone(a) - hasNone(b) || size(b) - size(a) || a - b,
  );
  const column = (name: string, values: Values) => ({ name, column: columnOf(values) });
  const texts = (name: string, text: (item: Item) => string) =>
    column(
      name,
      Array.from(order, (i) => text(items.get(keys[i])!)),
    );
  const numbers = (name: string, values: Float64Array) =>
    column(
      name,
      Float64Array.from(order, (i) => values[i]),
    );
  const counts = (name: string, side: readonly WindowCounts[]) =>
    column(
      name,
      Int32Array.from(order, (i) => sum(keyCounts(side, keys[i]))),
    );
  const meanMs = (side: readonly WindowCounts[], i: number) => sum(keyTimes(side, keys[i])) / side.length;
  const timeDifference = () =>
    column(
      "time_difference_ms",
      Float64Array.from(order, (i) => meanMs(others, i) - meanMs(windows, i)),
    );
  const measured =
    measure === "time"
      ? [
          numbers("before_ms", found.before),
          numbers("after_ms", found.after),
          numbers("difference_ms", found.difference),
          numbers("low_ms", found.low),
          numbers("high_ms", found.high),
        ]
      : [
          numbers("share_before", found.before),
          numbers("share_after", found.after),
          numbers("difference", found.difference),
          numbers("low", found.low),
          numbers("high", found.high),
          timeDifference(),
        ];
  return [
    texts("name", ({ name }) => name),
    texts("module", ({ module }) => module),
    ...(by === "stack" ? [texts("stack", ({ stack = "" }) => stack)] : []),
    counts("before", windows),
    counts("after", others),
    ...measured,
    numbers("p", found.p),
    column(
      "verdict",
      Array.from(order, (i) => verdictOf(found, i)),
    ),
  ];
}
