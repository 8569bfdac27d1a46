import type { Interval } from "./proportions.js";

/** What is compared: the share of the samples, of 1; or CPU time, in milliseconds a window. */
export type Measure = "share" | "time";

/** One key on both sides, in the unit of the measure, and the 95 % interval of after − before. */
export interface Estimate extends Interval {
  readonly before: number;
  readonly after: number;
  /** Two-sided, of this key alone. */
  readonly p: number;
}

/** What both sides say of one key. */
export type Estimator = (key: string) => Estimate;
