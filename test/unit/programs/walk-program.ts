import assert from "node:assert/strict";
import * as layout from "../../../bpf/unwind/layout.js";
import { KIND, Machine, type Row, type Rows, type Rule } from "./walk-host.js";

export const TEXT = 0x40_0000;
export const STACK = 0x7ffd_0000_1000;
/** Behind a call of the function that begins at TEXT + 0xf00, whose return address is undefined: the root. */
export const ROOT = TEXT + 0xf10;
export const END: Row = { cfa: layout.CFA_END };

/** A row that leads to a rule of the side table. */
export const rule = (number: number): Row => ({ cfa: layout.CFA_RULE, offset: number });

/** A program with these rows and a root, and this stack. */
export function machine(rows: Rows, stack: readonly number[], rules: Rule[] = []): Machine {
  return new Machine()
    .mapping(TEXT, TEXT + 0x1000, KIND.table, [...rows, [0xf00, END]], rules)
    .stack(STACK, stack);
}

export function complete(
  machine: Machine,
  registers: Record<string, number>,
  frames: number[],
  flags?: number,
): void {
  ends(machine, registers, "complete", frames, flags);
}

export function ends(
  machine: Machine,
  registers: Record<string, number>,
  end: string,
  frames: number[],
  flags?: number,
): void {
  const walk = machine.walk({ rsp: STACK, ...registers }, flags);
  assert.deepEqual([walk.end, walk.frames], [end, frames]);
}
