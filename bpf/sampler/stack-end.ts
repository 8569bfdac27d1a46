import { MAX_FRAMES, SAMPLE_NO_USER_MEMORY, UNWIND_ENDS } from "./layout.js";
import type { WindowOptions } from "./protocol.js";
import type { RawStack } from "./stack-table.js";

/**
 * Why the walk of a stack ended.
 *
 * `complete`: it reached where threads begin · `depth`: more frames than are kept · `no-table`: code of a file without
 * unwind data, whose frame pointer leads nowhere · `no-mapping`: a return address in no executable mapping ·
 * `bad-frame-pointer`: the same in code made at run time · `read-fault`: the stack could not be read ·
 * `unsupported-rule`: unwind data that the walk cannot follow · `stack-not-growing`: a caller's frame that is not above ·
 * `over-budget`: the file's table did not fit in memory · `kernel-only`: the user part was not asked for.
 */
export type StackEnd = Exclude<(typeof UNWIND_ENDS)[number], "pending"> | "kernel-only";

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

/** Frames, from the root on, that tell whether the walk saw the root. */
export const ROOT_FRAMES = FRAMES_UNDER_MAIN + 1;

/** @param names of the user part, root first; {@link ROOT_FRAMES} are enough */
export function stackEnd(stack: RawStack, options: WindowOptions, names: readonly string[]): StackEnd {
  if (options.kernelOnly) return "kernel-only";
  if (stack.flags & SAMPLE_NO_USER_MEMORY) return "complete";
  if (stack.userBytes >> 3 > (options.maxDepth ?? MAX_FRAMES)) return "depth";
  if (names.slice(0, ROOT_FRAMES).some((name) => ROOTS.has(bareName(name)))) return "complete";
  const end = UNWIND_ENDS[stack.unwindEnd] ?? "read-fault";
  // Its tables did not come before the window's end.
  return end === "pending" ? "no-table" : end;
}

/** `__libc_start_main@@GLIBC_2.34` → `__libc_start_main`, `runtime.mstart.abi0` → `runtime.mstart` */
function bareName(name: string): string {
  if (name.endsWith(".abi0")) return name.slice(0, -".abi0".length);
  const at = name.indexOf("@");
  return at > 0 ? name.slice(0, at) : name;
}
