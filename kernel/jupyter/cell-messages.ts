import type { CellError, CompiledCell } from "../cells/compilation.js";
import type { CellOutcome } from "../cells/runner.js";
import type { CommEvent } from "../display/comm.js";
import type { DisplayMessage } from "../display/publisher.js";

/** Descriptor on which the process of the cells says what happens, written at once: nothing is lost when it dies. */
export const EVENTS_FD = 3;
/** Descriptor of its control thread, both ways. */
export const CONTROL_FD = 4;

/** From the kernel to the process of the cells, read by its control thread. */
export type ToCells =
  /** `parent`: number of the request that the code runs for. */
  | { type: "run"; id: number; parent: number; cell: CompiledCell }
  | { type: "input"; id: number; answer: InputAnswer }
  /** Answers `child-ended`. */
  | { type: "pipes-read" }
  /** What a client did with a comm; `number`: that of its request. */
  | { type: "comm"; number: number; event: CommEvent }
  | { type: "interrupt"; id: number }
  /** No cell has run for a while. */
  | { type: "rest" }
  | { type: "exit" };

/** What code of a cell shows. `parent`: number of the request that it runs for, where that is known. */
export type Output = { parent: number | undefined } & (
  | { type: "stream"; name: StreamName; text: string }
  | { type: "display"; message: DisplayMessage }
  | { type: "clear"; wait: boolean }
);

/** What the user typed, or why nothing was asked. */
export type InputAnswer = { value: string } | { error: string };

/** From the thread that runs cells. */
export type FromCells =
  | Output
  /** `prompt()` asks the user. */
  | { type: "input"; id: number; parent: number | undefined; text: string; password: boolean }
  | { type: "input-cancelled"; id: number }
  /** All that a child printed is in the pipe by now; the cell waits until it is read. */
  | { type: "child-ended" }
  | { type: "comm"; parent: number | undefined; event: CommEvent }
  | { type: "comm-target"; name: string; isTaken: boolean }
  | { type: "comm-handled"; number: number }
  /** `heapLimitBytes`: how large the heap of the cells may grow. */
  | { type: "ready"; heapLimitBytes: number }
  /** The process is about to end by itself. */
  | { type: "exiting"; code: number }
  | { type: "outcome"; id: number; outcome: CellOutcome }
  /** Nobody waited for it: a rejection, or what a callback threw. `cell`: number of the cell whose code it was. */
  | { type: "uncaught"; error: CellError; cell: number | undefined };

/** From the control thread: an interrupt is over; whether a handler took it, so that the cell goes on. */
export type FromControl = { type: "interrupted"; id: number; isHandled: boolean };

/** From the control thread to the one that runs cells. */
export type ControlToMain =
  | Exclude<ToCells, { type: "interrupt" | "pipes-read" }>
  /** It hears the kernel. */
  | { type: "started" }
  /** `attempt`: the same interrupt is told until it is answered. */
  | { type: "interrupt"; id: number; attempt: number };

/** Words that the two threads of the cells' process share. */
export interface ControlData {
  /** The interrupt under way, by its id; 0: none. */
  interrupting: Int32Array;
  /** Grows with each `pipes-read`. */
  pipesRead: Int32Array;
}

/** The answer to an attempt. */
export interface InterruptAnswer {
  id: number;
  attempt: number;
  isHandled: boolean;
}

export type StreamName = "stdout" | "stderr";
