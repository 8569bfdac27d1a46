import { windowDifference } from "./bootstrap.js";
import type { Estimator } from "./estimate.js";
import { equalRates, rateDifference } from "./rates.js";
import { keyCounts, keyTimes, sum, type WindowCounts } from "./window-counts.js";

/**
 * CPU time in a window, the mean of several, and its difference.
 *
 * Over samples: their numbers vary as those of independent events. Over windows: by Welch's t, but never surer than over
 * samples.
 */
export function timeEstimator(
  before: readonly WindowCounts[],
  after: readonly WindowCounts[],
  isOverWindows: boolean,
): Estimator {
  // Samples that a millisecond a window makes.
  const [one, other] = [before, after].map(
    (side) =>
      (side.length * sum(side.map(({ allSamples }) => allSamples))) / sum(side.map(({ allMs }) => allMs)),
  );
  return (key) => {
    const [a, b] = [sum(keyCounts(before, key)), sum(keyCounts(after, key))];
    const [times, others] = [keyTimes(before, key), keyTimes(after, key)];
    const means = { before: sum(times) / times.length, after: sum(others) / others.length };
    let { low, high } = rateDifference(a, one, b, other);
    let p = equalRates(a, one, b, other);
    if (isOverWindows) {
      const windows = windowDifference(means.after - means.before, meanVariance(times), meanVariance(others));
      low = Math.min(low, windows.low);
      high = Math.max(high, windows.high);
      p = Math.max(p, windows.p);
    }
    return { ...means, low, high, p };
  };
}

/** The variance of the mean over windows. */
function meanVariance(values: Float64Array): { variance: number; windows: number } {
  const windows = values.length;
  const mean = sum(values) / windows;
  return { variance: sum(values.map((value) => (value - mean) ** 2)) / (windows - 1) / windows, windows };
}
