import type { Reason } from "./reason.js";

/** Name of a frame about which nothing is known, and its module if not even that is. */
export const UNKNOWN = "[unknown]";

/** One frame with a name, or with a stand-in for it and the reason. */
export interface ResolvedFrame {
  /** Function; else `file+0xaddress` (virtual address in the file), else `[unknown]`. */
  name: string;
  /** Path of the mapped file; `[kernel]`, `[nf_tables]`, `[vdso]`, `[jit]`, `[unknown]`. */
  module: string;
  kind: "user" | "kernel" | "jit";
  /** Source file, where debug information or a JIT says so. */
  file?: string;
  /** Line of the function's beginning; of the address where only that is known. */
  line?: number;
  /** Column of the function's beginning, where a JIT says so. */
  column?: number;
  /** The function has no frame of its own: its code is inside that of the frame before. */
  inlined?: true;
  /** Why the name is a stand-in. */
  reason?: Reason;
}
