import type { ElfFile } from "../symbols/elf-file.js";
import { begins, codeOf, goFunctions, type TextRange } from "./go-functions.js";

/** mov disp8(%r14), %rsp, without the distance: to the stack of the thread, from the goroutine's */
const SWITCH = [0x49, 0x8b, 0x66];
const SWITCH_BYTES = 4;
/** call *%r12 */
const CALL = [0x41, 0xff, 0xd4];

/**
 * Where runtime.mcall calls on the thread's stack: the goroutine has stopped, and what it had called is none of what runs
 * there. Go 1.17 to 1.20 leaves the frame pointer of that goroutine, which another thread may have taken on since
 * (runtime/asm_amd64.s); later it is cleared, and before the code was another, which is not found. Programs without
 * symbols have no such row.
 */
export function threadRoots(elf: ElfFile, debug?: ElfFile): TextRange[] {
  return goFunctions(["runtime.mcall", "runtime.mcall.abi0"], elf, debug).flatMap((range) => {
    const code = codeOf(elf, range);
    const from = code.findIndex((_, i) => begins(code, i, SWITCH));
    const call = code.findIndex((_, i) => i > from && begins(code, i, CALL));
    if (from < 0 || call < 0) return [];
    return { start: range.start + from + SWITCH_BYTES, end: range.start + call + CALL.length };
  });
}
