import type { Verdict } from "./comparison-meta.js";
import type { Measure } from "./estimate.js";
import { holm } from "./holm.js";
import { shareEstimator } from "./share-estimate.js";
import { timeEstimator } from "./time-estimate.js";
import type { WindowCounts } from "./window-counts.js";

/** Corrected p below which there is a verdict. */
const ALPHA = 0.05;

/** One number a key, in the order of the keys. */
export interface Differences {
  readonly before: Float64Array;
  readonly after: Float64Array;
  /** After − before, with its 95 % interval. */
  readonly difference: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Corrected for the number of keys. */
  readonly p: Float64Array;
  readonly over: "windows" | "samples";
}

/** Each key on both sides and what can be said of the difference: over windows where both sides have several. */
export function differences(
  measure: Measure,
  keys: readonly string[],
  before: readonly WindowCounts[],
  after: readonly WindowCounts[],
): Differences {
  const over = before.length > 1 && after.length > 1 ? "windows" : "samples";
  const estimator = measure === "share" ? shareEstimator : timeEstimator;
  const estimate = estimator(before, after, over === "windows");
  const numbers = () => new Float64Array(keys.length);
  const found = {
    before: numbers(),
    after: numbers(),
    difference: numbers(),
    low: numbers(),
    high: numbers(),
  };
  const p = numbers();
  for (const [i, key] of keys.entries()) {
    const one = estimate(key);
    found.before[i] = one.before;
    found.after[i] = one.after;
    found.difference[i] = one.after - one.before;
    found.low[i] = one.low;
    found.high[i] = one.high;
    p[i] = one.p;
  }
  return { ...found, p: holm(p), over };
}

export function verdictOf({ p, difference }: Differences, i: number): Verdict {
  return p[i] >= ALPHA ? "no evidence" : difference[i] > 0 ? "slower" : "faster";
}
