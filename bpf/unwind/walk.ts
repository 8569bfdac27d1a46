import type { AbsoluteAddress } from "../symbols/address.js";
import { CODE_BYTES, isV8ReturnInR10, rowByCode } from "./code-bytes.js";
import {
  CFA_DEREF_RSP,
  CFA_END,
  CFA_NONE,
  CFA_PLT,
  CFA_RBP,
  CFA_REGISTER,
  CFA_RSP,
  CFA_RULE,
  CFA_SIGNAL,
  FRAME_ALL_REGISTERS,
  FRAME_BY_FRAME_POINTER,
  R10,
  RAX,
  RBP,
  RBP_SAVED,
  RIP,
  RSP,
  type WalkEnd,
} from "./layout.js";
import { findRow } from "./row-search.js";
import { USER_END, WalkFrame, type WalkMapping, type WalkStart } from "./walk-frame.js";
import { stepByRule } from "./walk-rule.js";

/** A frame pointer lower than the stack by more than this is on another stack. */
const OTHER_STACK_BYTES = 1 << 16;

/** Bytes of code that are looked at before an address: those of a system call. */
const BYTES_BEFORE = 2;

/** One row in words: how the CFA, the caller's rbp and the return address are found. */
interface Row {
  cfa: number;
  reg: number;
  cfaOffset: number;
  rbp: number;
  rbpOffset: number;
}

/**
 * Walks on, over a copy of the stack, from the frame at which the walk in BPF stopped: by the same tables and rules.
 *
 * `findMapping` gives the executable mapping that contains an address. The addresses begin with the frame's own rip,
 * at most `maxFrames` of them, the leaf's first; that frame's is missing when it is in no mapping.
 */
export function walk(
  start: WalkStart,
  findMapping: (address: AbsoluteAddress) => WalkMapping | undefined,
  maxFrames: number,
): { addresses: AbsoluteAddress[]; end: WalkEnd } {
  const frame = new WalkFrame(start);
  const addresses: AbsoluteAddress[] = [];
  for (;;) {
    if (addresses.length >= maxFrames) return { addresses, end: "depth" };
    const { pc } = frame;
    frame.mapping = pc >= 0 && pc < USER_END ? findMapping(pc) : undefined;
    // The leaf's address is a fact, whatever is there; a return address in no mapping is none.
    if (!frame.mapping && !frame.isLeaf) return { addresses, end: "no-mapping" };
    addresses.push(frame.registers[RIP]);
    if (!frame.mapping) return { addresses, end: "no-mapping" };
    const end = step(frame, frame.mapping);
    if (end !== undefined) return { addresses, end };
  }
}

function step(frame: WalkFrame, mapping: WalkMapping): WalkEnd | undefined {
  if (mapping.kind === "pending" || mapping.kind === "over-budget") return mapping.kind;
  let row: Row | undefined;
  if (mapping.kind === "table" || (mapping.kind === "table-at-leaf" && frame.isLeaf))
    row = rowOf(mapping, frame.pc);
  if (!row || row.cfa === CFA_NONE) {
    const rip = frame.registers[RIP];
    const code = mapping.readCode?.(rip - BYTES_BEFORE, BYTES_BEFORE + CODE_BYTES);
    if (code && frame.isLeaf && isV8ReturnInR10(code.subarray(BYTES_BEFORE)))
      return frame.enterCaller(frame.registers[RSP], frame.known(R10), frame.registers[RBP]);
    if (code) row = rowOfCode(frame, mapping, code);
  }
  return !row || row.cfa === CFA_NONE ? stepByFramePointer(frame, mapping) : stepByRow(frame, mapping, row);
}

/** The row in force at an address of a mapping with a table. */
function rowOf({ table, bias = 0 }: WalkMapping, pc: AbsoluteAddress): Row | undefined {
  const number = table ? findRow(table, pc - bias) : -1;
  if (!table || number < 0) return undefined;
  const [first, second] = [table.rows[number * 2], table.rows[number * 2 + 1] | 0];
  return {
    cfa: (first >>> 8) & 0xff,
    rbp: (first >>> 16) & 0xff,
    reg: first >>> 24,
    cfaOffset: (second << 16) >> 16,
    rbpOffset: second >> 16,
  };
}

/** `code` begins two bytes before rip. */
function rowOfCode(frame: WalkFrame, mapping: WalkMapping, code: Uint8Array): Row | undefined {
  const row = { reg: 0, ...rowByCode(code.subarray(BYTES_BEFORE), frame.isLeaf, mapping.kind === "python") };
  const isBehindSystemCall = frame.isLeaf && code[0] === 0x0f && code[1] === 0x05;
  if (row.cfa === CFA_SIGNAL || !isBehindSystemCall || mapping.kind !== "table") return row;
  // Behind a system call where the function's unwind data end: nothing returns there (the signal trampoline), or they
  // would be wrong in a thread that begins there (clone), where the call returned 0.
  const before = rowOf(mapping, frame.registers[RIP] - 1);
  if (!before || before.cfa === CFA_SIGNAL || before.cfa === CFA_NONE || frame.known(RAX) !== 0)
    return before;
  return { ...before, cfa: CFA_END };
}

function stepByRow(frame: WalkFrame, mapping: WalkMapping, row: Row): WalkEnd | undefined {
  if (row.cfa === CFA_END) return "complete";
  if (row.cfa === CFA_SIGNAL) return frame.enterInterrupted();
  if (row.cfa === CFA_RULE)
    return mapping.table ? stepByRule(frame, mapping.table, row.cfaOffset & 0xffff) : "unsupported-rule";
  const cfa = cfaOf(frame, row);
  if (typeof cfa === "string") return cfa;
  if (!(cfa > frame.registers[RSP])) return "stack-not-growing";
  const rbp = row.rbp === RBP_SAVED ? frame.word(cfa + row.rbpOffset) : frame.registers[RBP];
  // What is said in bpf/programs/unwind_step.h of a leaf that has put nothing on the stack.
  const isBare = row.cfa === CFA_RSP && row.cfaOffset === 8 && frame.isLeaf;
  return frame.enterCaller(cfa, frame.word(cfa - 8), rbp, isBare ? frame.flags & FRAME_ALL_REGISTERS : 0);
}

function cfaOf(frame: WalkFrame, { cfa, reg, cfaOffset }: Row): number | WalkEnd {
  const rsp = frame.registers[RSP];
  switch (cfa) {
    case CFA_RSP:
      return rsp + cfaOffset;
    case CFA_RBP:
      return frame.registers[RBP] + cfaOffset;
    case CFA_REGISTER: {
      const base = frame.known(reg);
      return base === undefined ? "unsupported-rule" : base + cfaOffset;
    }
    case CFA_DEREF_RSP: {
      const word = frame.word(rsp + reg * 8);
      return word === undefined ? "read-fault" : word + cfaOffset;
    }
    case CFA_PLT:
      return rsp + 8 + (frame.registers[RIP] % 16 >= reg ? 8 : 0);
    default:
      return "unsupported-rule";
  }
}

/** By the frame pointer, as unwind_by_frame_pointer in bpf/programs/unwind_frame_pointer.h. */
function stepByFramePointer(frame: WalkFrame, { kind }: WalkMapping): WalkEnd | undefined {
  const [rsp, rbp] = [frame.registers[RSP], frame.registers[RBP]];
  const isJit = kind === "anonymous" || kind === "python";
  // The chain of a thread ends in zero, which its first function was given.
  if (rbp === 0 && frame.flags & FRAME_BY_FRAME_POINTER && !isJit) return "complete";
  const lost = isJit || kind === "table-at-leaf" ? "bad-frame-pointer" : "no-table";
  if (rbp === 0 || rbp % 8 !== 0) return lost;
  const mayBeElsewhere = kind === "table-at-leaf" || kind === "no-table";
  if (rbp < rsp && (rsp - rbp < OTHER_STACK_BYTES || !mayBeElsewhere)) return lost;
  const [saved, returnAddress] = [frame.word(rbp), frame.word(rbp + 8)];
  if (saved === undefined || returnAddress === undefined) return lost;
  return frame.enterCaller(rbp + 16, returnAddress, saved, FRAME_BY_FRAME_POINTER);
}
