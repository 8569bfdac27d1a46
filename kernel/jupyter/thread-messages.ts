import type { CompiledCell } from "../cells/compilation.js";
import type { CellOutcome } from "../cells/runner.js";
import type { DisplayMessage } from "../display/publisher.js";

/** From the protocol's thread to the main thread. */
export type ToMain =
  | { type: "run"; id: number; cell: CompiledCell }
  | { type: "interrupt"; id: number }
  | { type: "exit" };

/** From the main thread to the protocol's. */
export type FromMain =
  | { type: "ready" }
  | { type: "stream"; name: StreamName; text: string }
  | { type: "display"; message: DisplayMessage }
  | { type: "clear"; wait: boolean }
  | { type: "outcome"; id: number; outcome: CellOutcome }
  /** Answers an interrupt: whether a handler took it, so that the cell goes on. */
  | { type: "interrupted"; id: number; isHandled: boolean }
  /** The cell calls `process.exit()`: the sockets must be closed before. */
  | { type: "exiting" };

export type StreamName = "stdout" | "stderr";

/** What the protocol's thread is started with. */
export interface WorkerData {
  connectionFile: string;
  shared: SharedArrayBuffer;
}

/** Words of the memory that both threads see, as an `Int32Array`. */
export const SHARED = {
  /** Characters of output that the protocol's thread has not taken yet. */
  pendingOutput: 0,
  /** 1 once the sockets are closed. */
  isClosed: 1,
  words: 2,
} as const;
