import { CfiReader } from "./cfi-reader.js";
import { RIP } from "./layout.js";

/** Stands for the CFA where a register's number is expected: expressions for registers start from it. */
export const CFA_BASE = 0x100;

/** `base + offset + index * scale`; a register that is missing is -1, and with neither it is a constant. */
interface Sum {
  kind: "sum";
  base: number;
  offset: number;
  index: number;
  scale: number;
}

/** What is in memory at a sum, plus `addend`. */
interface Deref {
  kind: "deref";
  address: Sum;
  addend: number;
}

/** `(rip & mask)`, then `(rip & mask) >= threshold`, then that times `scale`, plus a sum. */
interface RipMasked {
  kind: "rip-masked";
  mask: number;
}
interface RipAtLeast {
  kind: "rip-at-least";
  mask: number;
  threshold: number;
  scale: number;
  plus: Sum;
}

/** What an expression comes to, as a formula over registers. */
export type Formula = Sum | Deref | RipMasked | RipAtLeast;

/** More than any expression of a compiler has at once. */
const MAX_STACK = 32;

const OP_ADDR = 0x03;
const OP_DEREF = 0x06;
const OP_CONST1U = 0x08;
const OP_CONST8S = 0x0f;
const OP_CONSTU = 0x10;
const OP_CONSTS = 0x11;
const OP_DUP = 0x12;
const OP_DROP = 0x13;
const OP_OVER = 0x14;
const OP_SWAP = 0x16;
const OP_AND = 0x1a;
const OP_MINUS = 0x1c;
const OP_MUL = 0x1e;
const OP_NEG = 0x1f;
const OP_PLUS = 0x22;
const OP_PLUS_UCONST = 0x23;
const OP_SHL = 0x24;
const OP_GE = 0x2a;
const OP_LIT0 = 0x30;
const OP_LIT31 = 0x4f;
const OP_BREG0 = 0x70;
const OP_BREG31 = 0x8f;
const OP_BREGX = 0x92;
const OP_NOP = 0x96;

/**
 * Follows a DWARF expression without knowing any register and returns its formula, or `undefined` for one that no
 * table can hold. `start` is what is on the stack before it.
 */
export function evaluate(bytes: Uint8Array, start?: Formula): Formula | undefined {
  const reader = new CfiReader(bytes);
  const stack: Formula[] = start ? [start] : [];
  while (reader.at < bytes.length) {
    if (!step(reader, stack) || reader.failed || stack.length > MAX_STACK) return undefined;
  }
  return stack.pop();
}

export function constant(value: number): Sum {
  return { kind: "sum", base: -1, offset: value, index: -1, scale: 0 };
}

export function register(base: number, offset: number): Sum {
  return { kind: "sum", base, offset, index: -1, scale: 0 };
}

/** Runs one operation; false where it leads out of the formulas. */
function step(reader: CfiReader, stack: Formula[]): boolean {
  const op = reader.u8();
  if (op >= OP_LIT0 && op <= OP_LIT31) return push(stack, constant(op - OP_LIT0));
  if (op >= OP_BREG0 && op <= OP_BREG31) return push(stack, register(op - OP_BREG0, reader.sleb()));
  if (op >= OP_CONST1U && op <= OP_CONST8S) return push(stack, constant(readConstant(reader, op)));
  switch (op) {
    case OP_NOP:
      return true;
    case OP_ADDR:
      return push(stack, constant(reader.u64()));
    case OP_CONSTU:
      return push(stack, constant(reader.uleb()));
    case OP_CONSTS:
      return push(stack, constant(reader.sleb()));
    case OP_BREGX: {
      const number = reader.uleb();
      return push(stack, register(number, reader.sleb()));
    }
    case OP_DUP:
      return push(stack, stack.at(-1));
    case OP_OVER:
      return push(stack, stack.at(-2));
    case OP_DROP:
      return stack.pop() !== undefined;
    case OP_DEREF:
      return push(stack, deref(stack.pop()));
    case OP_NEG:
      return push(stack, times(stack.pop(), -1));
    case OP_PLUS_UCONST:
      return push(stack, plus(stack.pop(), constant(reader.uleb())));
    default: {
      const right = stack.pop();
      const left = stack.pop();
      if (op === OP_SWAP) return push(stack, right) && push(stack, left);
      return push(stack, combine(op, left, right));
    }
  }
}

function push(stack: Formula[], formula: Formula | undefined): boolean {
  if (formula === undefined) return false;
  stack.push(formula);
  return true;
}

/** DW_OP_const1u, 1s, 2u, 2s, 4u, 4s, 8u, 8s. */
function readConstant(reader: CfiReader, op: number): number {
  switch (op - OP_CONST1U) {
    case 0:
      return reader.u8();
    case 1:
      return (reader.u8() << 24) >> 24;
    case 2:
      return reader.u16();
    case 3:
      return reader.s16();
    case 4:
      return reader.u32();
    case 5:
      return reader.s32();
    case 6:
      return reader.u64();
    default:
      return reader.s64();
  }
}

function combine(op: number, left: Formula | undefined, right: Formula | undefined): Formula | undefined {
  const number = constantOf(right);
  switch (op) {
    case OP_PLUS:
      return plus(left, right);
    case OP_MINUS:
      return plus(left, times(right, -1));
    case OP_MUL:
      return number !== undefined ? times(left, number) : times(right, constantOf(left));
    case OP_SHL:
      return number !== undefined && number >= 0 && number < 32 ? times(left, 2 ** number) : undefined;
    case OP_AND: {
      const isRip = left?.kind === "sum" && left.base === RIP && left.offset === 0 && left.index < 0;
      return isRip && number !== undefined ? { kind: "rip-masked", mask: number } : undefined;
    }
    case OP_GE:
      return left?.kind === "rip-masked" && number !== undefined
        ? { kind: "rip-at-least", mask: left.mask, threshold: number, scale: 1, plus: constant(0) }
        : undefined;
    default:
      return undefined;
  }
}

function constantOf(formula: Formula | undefined): number | undefined {
  return formula?.kind === "sum" && formula.base < 0 && formula.index < 0 ? formula.offset : undefined;
}

function deref(formula: Formula | undefined): Formula | undefined {
  return formula?.kind === "sum" ? { kind: "deref", address: formula, addend: 0 } : undefined;
}

function plus(left: Formula | undefined, right: Formula | undefined): Formula | undefined {
  if (!left || !right) return undefined;
  if (right.kind !== "sum") return left.kind === "sum" ? plus(right, left) : undefined;
  const number = constantOf(right);
  if (left.kind === "sum") return addSums(left, right);
  if (left.kind === "deref" && number !== undefined) return { ...left, addend: left.addend + number };
  if (left.kind !== "rip-at-least") return undefined;
  const sum = addSums(left.plus, right);
  return sum && { ...left, plus: sum };
}

/** Adds as long as at most two registers are in it, and at most one of them scaled. */
function addSums(left: Sum, right: Sum): Sum | undefined {
  if (left.base >= 0 && right.base >= 0) {
    const scaled = right.index < 0 ? right : left;
    const other = scaled === right ? left : right;
    // A register is a base, or an index of scale 1.
    if (other.index >= 0 || scaled.index >= 0) return undefined;
    const offset = left.offset + right.offset;
    return { kind: "sum", base: other.base, offset, index: scaled.base, scale: 1 };
  }
  if (left.index >= 0 && right.index >= 0) return undefined;
  const indexed = left.index >= 0 ? left : right;
  return {
    kind: "sum",
    base: Math.max(left.base, right.base),
    offset: left.offset + right.offset,
    index: indexed.index,
    scale: indexed.scale,
  };
}

function times(formula: Formula | undefined, factor: number | undefined): Formula | undefined {
  if (!formula || factor === undefined) return undefined;
  if (formula.kind === "rip-at-least" && formula.plus.base < 0 && formula.plus.index < 0)
    return {
      ...formula,
      scale: formula.scale * factor,
      plus: constant(formula.plus.offset * factor),
    };
  if (formula.kind !== "sum") return undefined;
  if (constantOf(formula) !== undefined) return constant(formula.offset * factor);
  if (formula.index >= 0 && formula.base >= 0) return factor === 1 ? formula : undefined;
  const index = formula.index >= 0 ? formula.index : formula.base;
  const scale = formula.index >= 0 ? formula.scale * factor : factor;
  return { kind: "sum", base: -1, offset: formula.offset * factor, index, scale };
}
