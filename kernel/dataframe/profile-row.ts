import type { FrameKind } from "./profile-data.js";

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
