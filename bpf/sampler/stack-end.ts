import { MAX_FRAMES, SAMPLE_NO_USER_MEMORY } from "./layout.js";
import type { WindowOptions } from "./protocol.js";
import type { RawStack } from "./stack-table.js";

/**
 * Why the walk of a stack ended.
 *
 * `complete`: it reached where threads begin · `depth`: more frames than are kept · `bad-frame-pointer`: the chain of
 * frame pointers ended before a known root · `read-fault`: the user part could not be read · `kernel-only`: the
 * user part was not asked for.
 */
export type StackEnd = "complete" | "depth" | "bad-frame-pointer" | "read-fault" | "kernel-only";

/** Functions in which a thread begins; a walk that shows one of them near its end saw the whole stack. */
const ROOTS = new Set([
  "_start",
  "main",
  "__libc_start_main",
  "__libc_start_call_main",
  "start_thread",
  "clone",
  "clone3",
  "__clone",
  "__clone3",
  "runtime.goexit",
  "runtime.mstart",
  "_rt0_amd64_linux",
]);

/** Frames that may lie under `main` when the C library has no names for its own. */
const FRAMES_UNDER_MAIN = 3;

/** @param names of the user part, root first */
export function stackEnd(stack: RawStack, options: WindowOptions, names: readonly string[]): StackEnd {
  if (options.kernelOnly) return "kernel-only";
  if (stack.flags & SAMPLE_NO_USER_MEMORY) return "complete";
  if (stack.userBytes <= 0) return "read-fault";
  const depth = options.maxDepth ?? MAX_FRAMES;
  const whole = names.slice(0, FRAMES_UNDER_MAIN + 1).some((name) => ROOTS.has(bareName(name)));
  if (stack.userBytes >> 3 > depth) return "depth";
  if (whole) return "complete";
  return stack.userBytes >> 3 === MAX_FRAMES ? "depth" : "bad-frame-pointer";
}

/** `__libc_start_main@@GLIBC_2.34` → `__libc_start_main` */
function bareName(name: string): string {
  const at = name.indexOf("@");
  return at > 0 ? name.slice(0, at) : name;
}
