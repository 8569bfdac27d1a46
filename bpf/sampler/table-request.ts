import type { TextRange } from "../unwind/go-functions.js";
import type { UnwindTable } from "../unwind/unwind-table.js";

/**
 * Whose table is wanted: a file by its descriptor, which stays open until the reply, or the vdso.
 *
 * `debugFd` is its separate file with debug information, null when there is none, undefined before it was looked for.
 */
export type TableRequest = { id: number; cacheDirectory: string | undefined } & (
  | { fd: number; debugFd?: number | null }
  | { vdso: true }
);

/** The table may be in a debug file: ask again with it. */
export interface DebugFileWanted {
  id: number;
  debugFileWanted: true;
}

/** How places in a file's code become the addresses that its unwind data counts by. */
export interface CodeSegment {
  /** Bytes from the file's beginning. */
  offset: number;
  size: number;
  /** Virtual address minus offset. */
  delta: number;
}

export interface TableReply {
  id: number;
  /** Undefined for a file without unwind data that could be used. */
  table: UnwindTable | undefined;
  code: CodeSegment[];
  /** Where the code of Go is, which moves between stacks and keeps frame pointers; in ascending order. */
  goCode: TextRange[];
}
