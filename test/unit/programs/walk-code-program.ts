import * as layout from "../../../bpf/unwind/layout.js";
import { KIND, Machine, rsp } from "./walk-host.js";

export const JIT = 0x10_0100;
export const TEXT = 0x40_0000;
export const STACK = 0x7ffd_0000_1000;
export const ROOT = TEXT + 0xf10;
/** What the frame pointer's own frame returns to, and what the one below it would. */
export const CALLER = JIT + 0x800;
export const OUTER = JIT + 0x900;

/** Instructions from the `first` on. */
export const from = (parts: string[], first: number): string => parts.slice(first).join(" ");

/** Code without unwind data at JIT, its bytes there; a program with a gap up to TEXT + 0xe00 and a root. */
export function machine(code: string, stack: readonly number[], kind = KIND.anonymous): Machine {
  return new Machine()
    .mapping(JIT - 0x100, JIT + 0xf00, kind, kind === KIND.table ? [[0xe00, rsp(8)]] : [])
    .mapping(TEXT, TEXT + 0x1000, KIND.table, [
      [0xe00, rsp(8)],
      [0xf00, { cfa: layout.CFA_END }],
    ])
    .code(JIT - 16, "00".repeat(16) + code.replaceAll(" ", ""))
    .stack(STACK, stack);
}

/** Where the code is before or after its frame: the caller is at rsp, and rbp is still the caller's, whose frame leads to OUTER. */
export function framesWithCallerAtRsp(code: string): number[] {
  const made = machine(code, [CALLER, 0, 0x77, OUTER, 0, 0x77, 0]).stack(0x77_0000, [0, ROOT]);
  made.stack(STACK + 0x38, []);
  return made.walk({ rip: JIT, rsp: STACK, rbp: STACK + 0x10 }).frames;
}
