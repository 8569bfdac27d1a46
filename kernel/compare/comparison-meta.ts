import type { Measure } from "./estimate.js";

/** The windows of one side together. */
export interface ComparedSide {
  readonly windows: number;
  readonly samples: number;
  /** CPU time in a window, the mean of several, in milliseconds; NaN where weights are no time. */
  readonly timeMs: number;
  /** CPU time as a share of the window's length: CPUs that were busy with it; NaN where it is not known. */
  readonly cpus: number;
}

export interface ComparisonMeta {
  readonly measure: Measure;
  readonly by: "function" | "stack";
  readonly of: "self" | "total";
  readonly before: ComparedSide;
  readonly after: ComparedSide;
  /** CPU time in a window, after − before, in milliseconds. */
  readonly differenceMs: number;
  /** The same as a share of the CPU time before: -0.2 is a fifth less. */
  readonly differenceShare: number;
  /** Rows by verdict. */
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** What intervals are over: `windows` (bootstrap, Welch) where each side has several, else `samples` as if independent. */
  readonly over: "windows" | "samples";
}

/** By the measure: `slower` is a larger share of the samples, or more CPU time, after than before. */
export type Verdict = "slower" | "faster" | "no evidence";
