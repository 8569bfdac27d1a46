import { mulberry32 } from "../dataframe/sample-rows.js";
import type { Interval } from "./proportions.js";
import { studentQuantile, studentTails } from "./student.js";

const RESAMPLES = 1000;

/** Draws the windows of one side anew, with putting back; the same draws for all functions, so that they can be compared. */
export class WindowBootstrap {
  /** How often each window is in each resample. */
  readonly #times: Float64Array;
  /** Samples in each resample. */
  readonly #totals: Float64Array;

  /** @param totals Samples of each window. */
  constructor(
    readonly totals: Float64Array,
    seed: number,
  ) {
    const random = mulberry32(seed);
    const { length } = totals;
    this.#times = new Float64Array(RESAMPLES * length);
    this.#totals = new Float64Array(RESAMPLES);
    for (let resample = 0; resample < RESAMPLES; resample++) {
      for (let i = 0; i < length; i++) {
        const window = Math.floor(random() * length);
        this.#times[resample * length + window]++;
        this.#totals[resample] += totals[window];
      }
    }
  }

  get windows(): number {
    return this.totals.length;
  }

  /**
   * The variance of a share over windows. Resamples of `n` windows vary by (n − 1) / n less than windows do, which is put right.
   *
   * @param counts Samples of one function in each window.
   */
  variance(counts: Float64Array): number {
    const { length } = counts;
    let [mean, squares] = [0, 0];
    for (let resample = 0; resample < RESAMPLES; resample++) {
      let count = 0;
      for (let i = 0; i < length; i++) count += counts[i] * this.#times[resample * length + i];
      const share = count / this.#totals[resample];
      const off = share - mean;
      mean += off / (resample + 1);
      squares += off * (share - mean);
    }
    return ((squares / (RESAMPLES - 1)) * length) / (length - 1);
  }
}

/** The difference of two shares over windows: its 95 % interval and two-sided p, by the bootstrap's variance and Welch's t. */
export function windowDifference(
  difference: number,
  before: { variance: number; windows: number },
  after: { variance: number; windows: number },
): Interval & { p: number } {
  const variance = before.variance + after.variance;
  if (variance === 0) return { low: difference, high: difference, p: difference === 0 ? 1 : 0 };
  const term = (side: { variance: number; windows: number }) => side.variance ** 2 / (side.windows - 1);
  const df = variance ** 2 / (term(before) + term(after));
  const error = Math.sqrt(variance);
  const half = studentQuantile(0.05, df) * error;
  return {
    low: difference - half,
    high: difference + half,
    p: studentTails(Math.abs(difference) / error, df),
  };
}
