import { ColumnFrame } from "./column-frame.js";
import type { Series } from "./danfojs/index.js";
import type { TextSeries } from "./danfojs/text-series.js";
import type { FrameKind, ProfileMeta } from "./profile-data.js";

/** A row of a ProfileFrame, as a condition sees it. */
export interface ProfileRow {
  readonly pid: number;
  readonly tid: number;
  readonly process: string;
  readonly comm: string;
  /** Frames joined by `;`, root first. */
  readonly stack: string;
  readonly leaf: string;
  readonly module: string;
  readonly kind: FrameKind;
  readonly depth: number;
  readonly samples: number;
  readonly time_ms: number;
  readonly end: string;
}

/** The columns that every profile has, typed. */
export abstract class ProfileColumns extends ColumnFrame {
  /** Process id, as this kernel's PID namespace has it. */
  declare readonly pid: Series;
  /** Thread id. */
  declare readonly tid: Series;
  /** Name of the process. */
  declare readonly process: TextSeries;
  /** Name of the thread. */
  declare readonly comm: TextSeries;
  /** Frames joined by `;`, root first. A function of a cell is `f  In[3]:12`: the cell, and the line where it begins. */
  declare readonly stack: TextSeries;
  /** The innermost frame. */
  declare readonly leaf: TextSeries;
  /** The file that the innermost frame is in. */
  declare readonly module: TextSeries;
  /** `user`, `kernel`, `jit` or `inlined`, of the innermost frame. */
  declare readonly kind: TextSeries;
  /** Frames in the stack. */
  declare readonly depth: Series;
  /** Samples with this stack. */
  declare readonly samples: Series;
  /** Time that these samples stand for, in milliseconds. */
  declare readonly time_ms: Series;
  /** `complete`, or why the walk of the stack stopped before the root: `depth`, `no-table` …, see {@link ProfileMeta.ends}. */
  declare readonly end: TextSeries;
}
