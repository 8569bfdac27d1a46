import type { NamedColumn } from "../dataframe/columns/column.js";
import { columnOf, type Values } from "../dataframe/columns/column-of.js";
import { OptionError } from "../dataframe/option-error.js";
import type { ProfileFrame } from "../dataframe/profile-frame.js";
import { compareShares } from "./compare-shares.js";
import { Comparison } from "./comparison.js";
import type { ComparedSide, ComparisonMeta, Verdict } from "./comparison-meta.js";
import { checkedSides } from "./sides.js";
import { type Item, type WindowCounts, windowCounts } from "./window-counts.js";

export interface CompareOptions {
  /** One row a `function`, which is what happens without it, or one a `stack`. */
  by?: "function" | "stack";
  /** Samples in which a function is innermost (`self`, without it), or in which it is anywhere (`total`). */
  of?: "self" | "total";
}

/** Corrected p below which there is a verdict. */
const ALPHA = 0.05;

/**
 * Which functions, or stacks, have a larger or smaller share of the samples after than before.
 *
 * One row a function: `name, module, before, after` (samples), `share_before, share_after, difference` (of 1) with its 95 %
 * interval `low, high`, `time_difference_ms` (in a window, the mean of several), `p` (Holm's correction over all rows) and
 * `verdict`: `slower`, `faster` or `no evidence`. Also `stack` with `{ by: "stack" }`. The whole effect is in `meta`.
 *
 * Each side is one profile, whose samples are taken as independent, or several windows of the same work: intervals are then
 * over windows, and know how much these differ. A share also grows where others shrink; `time_difference_ms` tells which.
 *
 * @example compare(before, after); compare([a1, a2, a3], [b1, b2, b3], { of: "total" })
 * @throws {OptionError} for an unknown option @throws {Error} for a side without samples, or other events or units
 */
export function compare(
  before: ProfileFrame | readonly ProfileFrame[],
  after: ProfileFrame | readonly ProfileFrame[],
  options: CompareOptions = {},
): Comparison {
  const { by, of } = checkedOptions(options);
  const compared = by === "stack" ? "stack" : of;
  const data = checkedSides(before, after);
  const sides = [data.before, data.after].map((side) => side.map((window) => windowCounts(window, compared)));
  const items = new Map<string, Item>(sides.flat().flatMap((window) => [...window.items]));
  const keys = [...items.keys()];
  const shares = compareShares(keys, sides[0], sides[1]);
  const verdict = (i: number): Verdict =>
    shares.p[i] >= ALPHA ? "no evidence" : shares.difference[i] > 0 ? "slower" : "faster";
  const verdicts = { slower: 0, faster: 0, "no evidence": 0 };
  for (const i of keys.keys()) verdicts[verdict(i)]++;

  const size = (i: number) => Math.abs(shares.difference[i]);
  const order = Int32Array.from(keys.keys()).sort(
    (a, b) => Number(shares.p[a] >= ALPHA) - Number(shares.p[b] >= ALPHA) || size(b) - size(a) || a - b,
  );
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
  const meanMs = (side: readonly WindowCounts[], key: string) =>
    side.reduce((sum, { ms }) => sum + (ms.get(key) ?? 0), 0) / side.length;
  const columns = [
    texts("name", ({ name }) => name),
    texts("module", ({ module }) => module),
    ...(by === "stack" ? [texts("stack", ({ stack = "" }) => stack)] : []),
    column(
      "before",
      Int32Array.from(order, (i) => shares.before[i]),
    ),
    column(
      "after",
      Int32Array.from(order, (i) => shares.after[i]),
    ),
    numbers("share_before", shares.shareBefore),
    numbers("share_after", shares.shareAfter),
    numbers("difference", shares.difference),
    numbers("low", shares.low),
    numbers("high", shares.high),
    column(
      "time_difference_ms",
      Float64Array.from(order, (i) => meanMs(sides[1], keys[i]) - meanMs(sides[0], keys[i])),
    ),
    numbers("p", shares.p),
    column("verdict", Array.from(order, verdict)),
  ];
  const [one, other] = [sideOf(data.before, sides[0]), sideOf(data.after, sides[1])];
  const differenceMs = other.timeMs - one.timeMs;
  const meta: ComparisonMeta = {
    ...{ by, of, before: one, after: other, differenceMs, verdicts },
    differenceShare: differenceMs / one.timeMs,
    over: shares.over,
  };
  return new Comparison(columns, meta);
}

function checkedOptions({ by = "function", of = "self", ...rest }: CompareOptions) {
  for (const [name, value] of Object.entries(rest))
    throw new OptionError("compare", name, value, "left out: the options are by and of");
  if (by !== "function" && by !== "stack") throw new OptionError("compare", "by", by, ["function", "stack"]);
  if (of !== "self" && of !== "total") throw new OptionError("compare", "of", of, ["self", "total"]);
  return { by, of };
}

function sideOf(
  data: readonly { meta: { window: { durationMs: number } } }[],
  windows: readonly WindowCounts[],
): ComparedSide {
  const ms = windows.reduce((sum, { allMs }) => sum + allMs, 0);
  const duration = data.reduce((sum, { meta }) => sum + meta.window.durationMs, 0);
  return {
    windows: windows.length,
    samples: windows.reduce((sum, { allSamples }) => sum + allSamples, 0),
    timeMs: ms / windows.length,
    cpus: duration > 0 ? ms / duration : Number.NaN,
  };
}

function column(name: string, values: Values): NamedColumn {
  return { name, column: columnOf(values) };
}
