import { float64Column, int32Column } from "./column.js";
import type { Counters } from "./layout.js";
import type { WindowOptions } from "./protocol.js";

/** The samples of one window while it is open: one row a sample, in the order in which the CPUs wrote them. */
export class SampleWindow {
  readonly timeNs = float64Column();
  readonly cpu = int32Column();
  /** Number of the thread in the stream's ThreadTable. */
  readonly thread = int32Column();
  /** Number of the stack in the stream's StackTable. */
  readonly stack = int32Column();
  readonly startedAt = new Date();
  endNs = 0;
  /** What its samples took of the ring buffer. */
  ringBytes = 0;

  constructor(
    /** The window's bit in the program. */
    readonly bit: number,
    readonly options: WindowOptions,
    /** CLOCK_MONOTONIC when the window was opened. */
    readonly startNs: number,
  ) {}
}

/** A closed window, with the program's own counts of what happened to its ticks. */
export interface ClosedWindow {
  window: SampleWindow;
  counters: Counters;
  /** The CPUs that were sampled, and those that could not be. */
  cpus: { online: number[]; skipped: { cpu: number; reason: string }[] };
}
