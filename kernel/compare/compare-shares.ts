import { WindowBootstrap, windowDifference } from "./bootstrap.js";
import { holm } from "./holm.js";
import { fisher, newcombe } from "./proportions.js";
import type { WindowCounts } from "./window-counts.js";

/** One number a key, in the order of the keys. */
export interface Shares {
  readonly before: Float64Array;
  readonly after: Float64Array;
  readonly shareBefore: Float64Array;
  readonly shareAfter: Float64Array;
  /** After − before, with its 95 % interval. */
  readonly difference: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Corrected for the number of keys. */
  readonly p: Float64Array;
  readonly over: "windows" | "samples";
}

/**
 * The shares of each key on both sides and what can be said of their difference.
 *
 * Over samples: Newcombe's interval and Fisher's test. Over windows, where both sides have several: by the bootstrap, but
 * never surer than over samples, for windows that happen to be alike do not make few samples many.
 */
export function compareShares(
  keys: readonly string[],
  before: readonly WindowCounts[],
  after: readonly WindowCounts[],
): Shares {
  const over = before.length > 1 && after.length > 1 ? "windows" : "samples";
  const numbers = () => new Float64Array(keys.length);
  const shares = {
    ...{ before: numbers(), after: numbers(), shareBefore: numbers(), shareAfter: numbers() },
    ...{ difference: numbers(), low: numbers(), high: numbers() },
  };
  const p = numbers();
  const totals = [before, after].map((side) => Float64Array.from(side, ({ allSamples }) => allSamples));
  const [totalBefore, totalAfter] = totals.map(sum);
  const [one, other] = over === "windows" ? totals.map((side, i) => new WindowBootstrap(side, i + 1)) : [];
  for (const [i, key] of keys.entries()) {
    const [counts, others] = [before, after].map((side) =>
      Float64Array.from(side, ({ samples }) => samples.get(key) ?? 0),
    );
    const [a, b] = [sum(counts), sum(others)];
    shares.before[i] = a;
    shares.after[i] = b;
    shares.shareBefore[i] = a / totalBefore;
    shares.shareAfter[i] = b / totalAfter;
    shares.difference[i] = b / totalAfter - a / totalBefore;
    let { low, high } = newcombe(a, totalBefore, b, totalAfter);
    p[i] = fisher(a, totalBefore, b, totalAfter);
    if (one && other) {
      const windows = windowDifference(
        shares.difference[i],
        { variance: one.variance(counts), windows: one.windows },
        { variance: other.variance(others), windows: other.windows },
      );
      low = Math.min(low, windows.low);
      high = Math.max(high, windows.high);
      p[i] = Math.max(p[i], windows.p);
    }
    shares.low[i] = Math.max(-1, low);
    shares.high[i] = Math.min(1, high);
  }
  return { ...shares, p: holm(p), over };
}

function sum(values: Float64Array): number {
  return values.reduce((all, value) => all + value, 0);
}
