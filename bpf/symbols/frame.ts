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
  /** Source file, and line and column of the function's beginning, where a JIT says so. */
  file?: string;
  line?: number;
  column?: number;
  /** Why the name is a stand-in. */
  reason?: Reason;
}
