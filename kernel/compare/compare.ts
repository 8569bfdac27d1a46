import { OptionError } from "../dataframe/option-error.js";
import type { ProfileFrame } from "../dataframe/profile-frame.js";
import { Comparison } from "./comparison.js";
import { comparisonColumns } from "./comparison-columns.js";
import type { ComparedSide, ComparisonMeta } from "./comparison-meta.js";
import { differences, verdictOf } from "./differences.js";
import type { Measure } from "./estimate.js";
import { checkedSides, type Sides } from "./sides.js";
import { type WindowCounts, windowCounts } from "./window-counts.js";

export interface CompareOptions {
  /** One row a `function`, which is what happens without it, or one a `stack`. */
  by?: "function" | "stack";
  /** Samples in which a function is innermost (`self`, without it), or in which it is anywhere (`total`). */
  of?: "self" | "total";
  /** The `share` of the samples (without it), or the CPU `time` in a window, for windows of the same work or load. */
  measure?: Measure;
}

/**
 * Which functions, or stacks, have a larger or smaller share of the samples after than before, or more or less CPU time.
 *
 * One row a function: `name, module, before, after` (samples), `share_before, share_after, difference` (of 1) with its 95 %
 * interval `low, high`, `time_difference_ms` (in a window, the mean of several), `p` (Holm's correction over all rows) and
 * `verdict`: `slower`, `faster` or `no evidence`. Also `stack` with `{ by: "stack" }`. The whole effect is in `meta`.
 * With `{ measure: "time" }` the same of `before_ms, after_ms, difference_ms`, with `low_ms, high_ms`.
 *
 * Each side is one profile, whose samples are taken as independent, or several windows of the same work: intervals are then
 * over windows, and know how much these differ. A share also grows where others shrink: where both sides had the same work
 * to do, compare times. `flamegraph()` draws it.
 *
 * @example compare(before, after); compare([a1, a2, a3], [b1, b2, b3], { of: "total", measure: "time" })
 * @throws {OptionError} for an unknown option @throws {Error} for a side without samples, or other events or units
 */
export function compare(
  before: ProfileFrame | readonly ProfileFrame[],
  after: ProfileFrame | readonly ProfileFrame[],
  options: CompareOptions = {},
): Comparison {
  const { by, of, measure } = checkedOptions(options);
  const sides = checkedSides(before, after);
  const compared = by === "stack" ? "stack" : of;
  const [windows, others] = [sides.before, sides.after].map((side) =>
    side.map((window) => windowCounts(window, compared)),
  );
  if (measure === "time") refuseWithoutTime(sides, windows, others);
  const keys = [...new Set([...windows, ...others].flatMap(({ items }) => [...items.keys()]))];
  const found = differences(measure, keys, windows, others);
  const verdicts = { slower: 0, faster: 0, "no evidence": 0 };
  for (const i of keys.keys()) verdicts[verdictOf(found, i)]++;

  const [one, other] = [sideOf(sides.before, windows), sideOf(sides.after, others)];
  const differenceMs = other.timeMs - one.timeMs;
  const meta: ComparisonMeta = {
    ...{ by, of, measure, before: one, after: other, differenceMs, verdicts },
    differenceShare: differenceMs / one.timeMs,
    over: found.over,
  };
  return new Comparison(comparisonColumns({ by, measure, keys, windows, others, found }), meta, sides);
}

function checkedOptions({ by = "function", of = "self", measure = "share", ...rest }: CompareOptions) {
  for (const [name, value] of Object.entries(rest))
    throw new OptionError("compare", name, value, "left out: the options are by, of and measure");
  if (by !== "function" && by !== "stack") throw new OptionError("compare", "by", by, ["function", "stack"]);
  if (of !== "self" && of !== "total") throw new OptionError("compare", "of", of, ["self", "total"]);
  if (measure !== "share" && measure !== "time")
    throw new OptionError("compare", "measure", measure, ["share", "time"]);
  return { by, of, measure };
}

function refuseWithoutTime({ before }: Sides, ...windows: (readonly WindowCounts[])[]): void {
  const { unit = "nanoseconds" } = before[0].meta;
  if (unit !== "nanoseconds")
    throw new OptionError("compare", "measure", "time", `"share", as the samples are weighed in ${unit}`);
  if (windows.flat().some(({ allMs }) => !(allMs > 0)))
    throw new OptionError(
      "compare",
      "measure",
      "time",
      '"share", as there is a window whose samples have no time',
    );
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
