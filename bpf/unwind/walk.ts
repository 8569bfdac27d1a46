import type { AbsoluteAddress } from "../symbols/address.js";
import { AT_ENTRY, CODE_BYTES, CODE_BYTES_BEFORE, rowByCode, v8ReturnRegister } from "./code-bytes.js";
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
  FRAME_NOT_MADE,
  RAX,
  RBP,
  RBP_SAVED,
  RIP,
  RSP,
  type WalkEnd,
} from "./layout.js";
import { findRow } from "./row-search.js";
import { v8LeafKind } from "./v8-leaf.js";
import { USER_END, WalkFrame, type WalkMapping, type WalkStart } from "./walk-frame.js";
import { stepByRule } from "./walk-rule.js";

/** A frame pointer lower than the stack by more than this is on another stack. */
const OTHER_STACK_BYTES = 1 << 16;

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
 * at most `maxFrames` of them, the leaf's first; that frame's is missing when it is in no mapping. `notReturn` has the
 * places of those that are not behind a call.
 */
export function walk(
  start: WalkStart,
  findMapping: (address: AbsoluteAddress) => WalkMapping | undefined,
  maxFrames: number,
): { addresses: AbsoluteAddress[]; notReturn: number[]; end: WalkEnd } {
  const frame = new WalkFrame(start, findMapping);
  const addresses: AbsoluteAddress[] = [];
  const notReturn: number[] = [];
  for (;;) {
    if (addresses.length >= maxFrames) return { addresses, notReturn, end: "depth" };
    const { pc } = frame;
    frame.mapping = pc >= 0 && pc < USER_END ? findMapping(pc) : undefined;
    // The leaf's address is a fact, whatever is there; a return address in no mapping is none.
    if (!frame.mapping && !frame.isLeaf) return { addresses, notReturn, end: "no-mapping" };
    if (frame.isLeaf) notReturn.push(addresses.length);
    addresses.push(frame.registers[RIP]);
    if (!frame.mapping) return { addresses, notReturn, end: "no-mapping" };
    const end = step(frame, frame.mapping);
    if (end !== undefined) return { addresses, notReturn, end };
  }
}

function step(frame: WalkFrame, mapping: WalkMapping): WalkEnd | undefined {
  if (mapping.kind === "pending" || mapping.kind === "over-budget") return mapping.kind;
  let row: Row | undefined;
  if (mapping.kind === "table" || (mapping.kind === "table-at-leaf" && frame.isLeaf))
    row = rowOf(mapping, frame.pc);
  return !row || row.cfa === CFA_NONE ? stepWithoutRow(frame, mapping) : stepByRow(frame, mapping, row);
}

/** As unwind_without_row in bpf/programs/unwind_step.h. */
function stepWithoutRow(frame: WalkFrame, mapping: WalkMapping): WalkEnd | undefined {
  if (frame.flags & FRAME_NOT_MADE) return stepByRow(frame, mapping, { reg: 0, ...AT_ENTRY });
  const code = codeAround(frame, mapping);
  // Code that cannot be read tells nothing: the frame pointer may still be right.
  if (code) {
    const register = frame.isLeaf ? v8ReturnRegister(code, CODE_BYTES_BEFORE) : undefined;
    if (register !== undefined) {
      const returnAddress = frame.known(register);
      if (returnAddress === undefined) return "unsupported-rule";
      return frame.enterCaller(frame.registers[RSP], returnAddress, frame.registers[RBP]);
    }
    const row = rowOfCode(frame, mapping, code);
    if (row && row.cfa !== CFA_NONE) return stepByRow(frame, mapping, row);
  }
  const readCode = (address: number, length: number) =>
    frame.findMapping(address)?.readCode?.(address, length);
  const leaf = frame.isLeaf ? v8LeafKind(frame, mapping, readCode) : undefined;
  if (leaf === undefined) return stepByFramePointer(frame, mapping);
  const callerFlags = leaf === "makes-frame" ? FRAME_NOT_MADE : 0;
  return stepByRow(frame, mapping, { reg: 0, ...AT_ENTRY }, callerFlags);
}

/** Code before and from rip on; zeros before it where that is another mapping, or none. */
function codeAround(frame: WalkFrame, { readCode }: WalkMapping): Uint8Array | undefined {
  const rip = frame.registers[RIP];
  const whole = readCode?.(rip - CODE_BYTES_BEFORE, CODE_BYTES_BEFORE + CODE_BYTES);
  if (whole && whole.length > CODE_BYTES_BEFORE) return whole;
  const behind = readCode?.(rip, CODE_BYTES);
  if (!behind || behind.length === 0) return undefined;
  const code = new Uint8Array(CODE_BYTES_BEFORE + behind.length);
  code.set(behind, CODE_BYTES_BEFORE);
  return code;
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

function rowOfCode(frame: WalkFrame, mapping: WalkMapping, code: Uint8Array): Row | undefined {
  const at = CODE_BYTES_BEFORE;
  const row = { reg: 0, ...rowByCode(code, at, frame.isLeaf, mapping.kind === "python") };
  const isBehindSystemCall = frame.isLeaf && code[at - 2] === 0x0f && code[at - 1] === 0x05;
  if (row.cfa === CFA_SIGNAL || !isBehindSystemCall || mapping.kind !== "table") return row;
  // Behind a system call where the function's unwind data end: nothing returns there (the signal trampoline), or they
  // would be wrong in a thread that begins there (clone), where the call returned 0.
  const before = rowOf(mapping, frame.registers[RIP] - 1);
  if (!before || before.cfa === CFA_SIGNAL || before.cfa === CFA_NONE || frame.known(RAX) !== 0)
    return before;
  return { ...before, cfa: CFA_END };
}

/** `callerFlags` are of the frame that the step leads to. */
function stepByRow(frame: WalkFrame, mapping: WalkMapping, row: Row, callerFlags = 0): WalkEnd | undefined {
  if (row.cfa === CFA_END) return "complete";
  if (row.cfa === CFA_SIGNAL) return frame.enterInterrupted();
  // The return address was popped: as bpf/programs/unwind_step.h says.
  if (row.cfa === CFA_RSP && row.cfaOffset === 0)
    return frame.isLeaf && frame.registers[RBP] !== 0 ? "unsupported-rule" : "complete";
  if (row.cfa === CFA_RULE)
    return mapping.table ? stepByRule(frame, mapping.table, row.cfaOffset & 0xffff) : "unsupported-rule";
  const cfa = cfaOf(frame, row);
  if (typeof cfa === "string") return cfa;
  const [rsp, rbp] = [frame.registers[RSP], frame.registers[RBP]];
  if (!(cfa > rsp)) return "stack-not-growing";
  let callerRbp: number | undefined = rbp;
  if (row.rbp === RBP_SAVED) callerRbp = frame.word(cfa + row.rbpOffset);
  // Go's unwind data do not mention rbp: inside of the frame it is the frame's own.
  else if (mapping.kind === "table-at-leaf" && rbp >= rsp && rbp < cfa) callerRbp = frame.word(rbp);
  // What is said in bpf/programs/unwind_step.h of a leaf that has put nothing on the stack.
  const isBare = row.cfa === CFA_RSP && row.cfaOffset === 8 && frame.isLeaf;
  const known = isBare ? frame.flags & FRAME_ALL_REGISTERS : 0;
  return frame.enterCaller(cfa, frame.word(cfa - 8), callerRbp, callerFlags | known);
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
  // Go's frame pointers are right, but may lead to a goroutine's stack, and the copy has the thread's.
  if (saved === undefined || returnAddress === undefined)
    return kind === "table-at-leaf" ? "read-fault" : lost;
  return frame.enterCaller(rbp + 16, returnAddress, saved, FRAME_BY_FRAME_POINTER);
}
