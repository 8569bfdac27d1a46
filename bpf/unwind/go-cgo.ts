import type { ElfFile } from "../symbols/elf-file.js";
import { begins, codeOf, goFunctions, type TextRange } from "./go-functions.js";

/**
 * Where runtime.asmcgocall is on the thread's own stack, with a C function above it that may have called Go again: since
 * then the goroutine's stack can be at another place, and rbp, which C gives back as it was, leads to the old one.
 *
 * The frame has the goroutine and how far from the end of its stack it was (runtime/asm_amd64.s).
 */
export interface GoroutineSwitch extends TextRange {
  /** Where these are, in bytes from rsp. */
  goroutineAt: number;
  depthAt: number;
  /** The function begins with push %rbp, as new compilers make it. */
  savesRbp: boolean;
}

/** push %rbp; mov %rsp, %rbp */
const SAVES_RBP = [0x55, 0x48, 0x89, 0xe5];
/** mov disp8(%rsp), %rdi; mov 8(%rdi), %rsi; sub (%rsp), %rsi or sub disp8(%rsp), %rsi */
const LOAD_GOROUTINE = [0x48, 0x8b, 0x7c, 0x24];
const LOAD_END = [0x48, 0x8b, 0x77, 0x08];
const LESS_DEPTH = [0x48, 0x2b, 0x34, 0x24];
const LESS_DEPTH_AT = [0x48, 0x2b, 0x74, 0x24];
/** mov %rsi, %rsp */
const SWITCH_BACK = [0x48, 0x89, 0xf4];
/** The shortest call before it: call *%rax. A return address is looked for a byte before it. */
const CALL_BYTES = 2;

/**
 * crosscall2, by which C calls Go, where it makes two frame pointers (runtime/cgo/asm_amd64.s with push %rbp before it):
 * the second leads to the first, as if C's rbp were a return address. Its unwind data are right.
 */
export function calledByC(elf: ElfFile, debug?: ElfFile): TextRange[] {
  return goFunctions(["crosscall2"], elf, debug).filter((range) => begins(codeOf(elf, range), 0, SAVES_RBP));
}

/** In ascending order. */
export function goroutineSwitches(elf: ElfFile, debug?: ElfFile): GoroutineSwitch[] {
  return goFunctions(["runtime.asmcgocall", "runtime.asmcgocall.abi0"], elf, debug).flatMap((range) => {
    const code = codeOf(elf, range);
    for (let at = CALL_BYTES; at + 9 < code.length; at++) {
      if (!begins(code, at, LOAD_GOROUTINE) || !begins(code, at + 5, LOAD_END)) continue;
      const isAtRsp = begins(code, at + 9, LESS_DEPTH);
      if (!isAtRsp && !begins(code, at + 9, LESS_DEPTH_AT)) continue;
      const back = code.findIndex((_, i) => i > at && begins(code, i, SWITCH_BACK));
      if (back < 0) continue;
      return {
        start: range.start + at - CALL_BYTES,
        end: range.start + back + SWITCH_BACK.length,
        goroutineAt: code[at + 4],
        depthAt: isAtRsp ? 0 : code[at + 13],
        savesRbp: begins(code, 0, SAVES_RBP),
      };
    }
    return [];
  });
}
