import { WindowBootstrap, windowDifference } from "./bootstrap.js";
import type { Estimator } from "./estimate.js";
import { fisher, newcombe } from "./proportions.js";
import { keyCounts, sum, type WindowCounts } from "./window-counts.js";

/**
 * Shares of the samples, and their difference.
 *
 * Over samples: Newcombe's interval and Fisher's test. Over windows: by the bootstrap, but never surer than over samples, for
 * windows that happen to be alike do not make few samples many.
 */
export function shareEstimator(
  before: readonly WindowCounts[],
  after: readonly WindowCounts[],
  isOverWindows: boolean,
): Estimator {
  const totals = [before, after].map((side) => Float64Array.from(side, ({ allSamples }) => allSamples));
  const [totalBefore, totalAfter] = totals.map(sum);
  const [one, other] = isOverWindows ? totals.map((side, i) => new WindowBootstrap(side, i + 1)) : [];
  return (key) => {
    const [counts, others] = [keyCounts(before, key), keyCounts(after, key)];
    const [a, b] = [sum(counts), sum(others)];
    const shares = { before: a / totalBefore, after: b / totalAfter };
    let { low, high } = newcombe(a, totalBefore, b, totalAfter);
    let p = fisher(a, totalBefore, b, totalAfter);
    if (one && other) {
      const windows = windowDifference(
        shares.after - shares.before,
        { variance: one.variance(counts), windows: one.windows },
        { variance: other.variance(others), windows: other.windows },
      );
      low = Math.min(low, windows.low);
      high = Math.max(high, windows.high);
      p = Math.max(p, windows.p);
    }
    return { ...shares, low: Math.max(-1, low), high: Math.min(1, high), p };
  };
}
