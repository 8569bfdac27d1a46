import type { CfiReader } from "./cfi-reader.js";
import { type CfiState, OFFSET, REGISTER, SAME_VALUE, UNDEFINED } from "./cfi-state.js";
import { CFA_BASE, type Formula } from "./expression.js";
import type { GoroutineSwitch } from "./go-cgo.js";
import type { HandlerEntry } from "./handler-entry.js";
import {
  CFA_DEREF_RSP,
  CFA_END,
  CFA_PLT,
  CFA_RBP,
  CFA_REGISTER,
  CFA_RSP,
  CFA_RULE,
  CFA_SIGNAL,
  CFA_UNSUPPORTED,
  FRAME_LEAF,
  RBP,
  RBP_SAME,
  RBP_SAVED,
  RBP_UNDEFINED,
  RSP,
  RULE_BYTES,
  RULE_CFA_DEREF,
  RULE_CFA_DEREF_INDEXED,
  RULE_CFA_GOROUTINE,
  RULE_CFA_REGISTER,
  RULE_RA_AT_CFA,
  RULE_RA_AT_REGISTER,
  RULE_RA_IN_REGISTER,
  RULE_RBP_AT_CFA,
  RULE_RBP_AT_REGISTER,
  RULE_RBP_BY_POINTER,
  RULE_RBP_IN_REGISTER,
  RULE_RBP_SAME,
  RULE_RBP_UNDEFINED,
} from "./layout.js";
import { cfaFormula, changesStack, isRegister, movedStack, type Place, placeOf } from "./register-place.js";

/** Rules that a row can number with 16 bits. */
export const MAX_RULES = 1 << 16;

/** Where gregs of rt_sigframe stand from the frame's rsp: ucontext's at 40, rbp, rsp and rip the 10th, 15th and 16th. */
const SIGNAL_RBP = 120;
const SIGNAL_RSP = 160;
const SIGNAL_RIP = 168;

/** A row's first and second word, without the address. */
export type RowWords = readonly [first: number, second: number];

const UNSUPPORTED: RowWords = [CFA_UNSUPPORTED << 8, 0];
/** The row of a root. */
export const END: RowWords = [CFA_END << 8, 0];
const SIGNAL: RowWords = [CFA_SIGNAL << 8, 0];

/** Turns states that are out of the ordinary into rows, and into rules where a row is too small. */
export class RuleEncoder {
  #words = new Int32Array(64 * (RULE_BYTES / 4));
  readonly #numbers = new Map<string, number>();

  get rules(): Uint8Array {
    return new Uint8Array(this.#words.slice(0, this.#numbers.size * (RULE_BYTES / 4)).buffer);
  }

  /** @param callerFlags that the walk gives to the frame that is found */
  encode(state: CfiState, reader: CfiReader, isSignalFrame: boolean, callerFlags = 0): RowWords {
    if (state.ra === UNDEFINED) return END;
    const cfa = cfaFormula(state, reader);
    if (!cfa) return UNSUPPORTED;
    if (isSignalFrame && isSignalContext(state, reader, cfa)) return SIGNAL;
    const moved = movedStack(state, reader, cfa);
    const frame = moved ?? cfa;
    const ra = placeOf(state.ra, state.raValue, reader, moved && cfa);
    const rbp = placeOf(state.rbp, state.rbpValue, reader, moved && cfa);
    if (!ra || !rbp || (!moved && changesStack(state))) return UNSUPPORTED;
    const row = callerFlags === 0 ? this.#asRow(frame, ra, rbp) : undefined;
    return row ?? this.#asRule(frame, ra, rbp, callerFlags);
  }

  /** The rule that leads to the frame which an unwinder's function is about to enter. */
  handlerEntry({ rspAt, rbpPointerAt }: HandlerEntry): RowWords {
    return this.#number([
      RULE_CFA_DEREF | (RBP << 8) | (RULE_RA_AT_REGISTER << 24),
      RBP | (RULE_RBP_BY_POINTER << 8) | (RBP << 16) | (FRAME_LEAF << 24),
      rspAt,
      0,
      rspAt + 8,
      rbpPointerAt,
      0,
      0,
    ]);
  }

  /** The rule that leads from the stack that C is called on to the goroutine's. */
  goroutineSwitch({ goroutineAt, depthAt, savesRbp }: GoroutineSwitch): RowWords {
    return this.#number([
      RULE_CFA_GOROUTINE | (RSP << 8) | (depthAt << 16) | (RULE_RA_AT_CFA << 24),
      (savesRbp ? RULE_RBP_AT_CFA : RULE_RBP_SAME) << 8,
      goroutineAt,
      savesRbp ? 16 : 8,
      -8,
      -16,
      0,
      0,
    ]);
  }

  #asRow(cfa: Formula, ra: Place, rbp: Place): RowWords | undefined {
    if (ra.kind !== OFFSET || ra.register !== CFA_BASE || ra.offset !== -8) return undefined;
    let how: number;
    if (rbp.kind === OFFSET && rbp.register === CFA_BASE && isS16(rbp.offset)) how = RBP_SAVED;
    else if (rbp.kind === SAME_VALUE) how = RBP_SAME;
    else if (rbp.kind === UNDEFINED) how = RBP_UNDEFINED;
    else return undefined;
    const words = (kind: number, reg: number, offset: number): RowWords => [
      (kind << 8) | (how << 16) | (reg << 24),
      (offset & 0xffff) | (rbp.offset << 16),
    ];
    if (cfa.kind === "sum" && cfa.index < 0 && isRegister(cfa.base) && isS16(cfa.offset)) {
      if (cfa.base === RSP || cfa.base === RBP)
        return words(cfa.base === RSP ? CFA_RSP : CFA_RBP, 0, cfa.offset);
      return words(CFA_REGISTER, cfa.base, cfa.offset);
    }
    if (cfa.kind === "deref" && cfa.address.base === RSP && cfa.address.index < 0) {
      const slot = cfa.address.offset / 8;
      if (Number.isInteger(slot) && slot >= 0 && slot < 256 && isS16(cfa.addend))
        return words(CFA_DEREF_RSP, slot, cfa.addend);
    }
    if (cfa.kind === "rip-at-least" && cfa.mask === 15 && cfa.scale === 8) {
      const { base, offset, index } = cfa.plus;
      if (base === RSP && offset === 8 && index < 0 && cfa.threshold >= 0 && cfa.threshold < 256)
        return words(CFA_PLT, cfa.threshold, 0);
    }
    return undefined;
  }

  #asRule(cfa: Formula, ra: Place, rbp: Place, callerFlags: number): RowWords {
    const sum = cfa.kind === "sum" ? cfa : cfa.kind === "deref" ? cfa.address : undefined;
    if (!sum || !isRegister(sum.base)) return UNSUPPORTED;
    const isIndexed = sum.index >= 0;
    if (isIndexed && (cfa.kind !== "deref" || sum.scale !== 8 || !isRegister(sum.index))) return UNSUPPORTED;
    const kind = cfa.kind === "sum" ? RULE_CFA_REGISTER : isIndexed ? RULE_CFA_DEREF_INDEXED : RULE_CFA_DEREF;
    const raKind =
      ra.kind === REGISTER
        ? RULE_RA_IN_REGISTER
        : ra.register === CFA_BASE
          ? RULE_RA_AT_CFA
          : RULE_RA_AT_REGISTER;
    const offsets = [sum.offset, cfa.kind === "deref" ? cfa.addend : 0, ra.offset, rbp.offset];
    if (!offsets.every(isS32)) return UNSUPPORTED;
    return this.#number([
      kind | (sum.base << 8) | ((isIndexed ? sum.index : 0) << 16) | (raKind << 24),
      (raKind === RULE_RA_AT_CFA ? 0 : ra.register) |
        (rbpKind(rbp) << 8) |
        (rbpRegister(rbp) << 16) |
        (callerFlags << 24),
      ...offsets,
      0,
      0,
    ]);
  }

  #number(rule: number[]): RowWords {
    const key = rule.join();
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#numbers.size;
      if (number >= MAX_RULES) return UNSUPPORTED;
      this.#numbers.set(key, number);
      const at = number * (RULE_BYTES / 4);
      if (at + rule.length > this.#words.length) {
        const grown = new Int32Array(this.#words.length * 2);
        grown.set(this.#words);
        this.#words = grown;
      }
      this.#words.set(rule, at);
    }
    return [CFA_RULE << 8, number];
  }
}

function rbpKind({ kind, register }: Place): number {
  if (kind === SAME_VALUE) return RULE_RBP_SAME;
  if (kind === UNDEFINED) return RULE_RBP_UNDEFINED;
  if (kind === REGISTER) return RULE_RBP_IN_REGISTER;
  return register === CFA_BASE ? RULE_RBP_AT_CFA : RULE_RBP_AT_REGISTER;
}

function rbpRegister({ register }: Place): number {
  return register === CFA_BASE ? 0 : register;
}

/** Whether all three registers are where the kernel's signal frame has them. */
function isSignalContext(state: CfiState, reader: CfiReader, cfa: Formula): boolean {
  if (cfa.kind !== "deref" || cfa.addend !== 0 || !isAt(cfa.address, SIGNAL_RSP)) return false;
  const rbp = placeOf(state.rbp, state.rbpValue, reader);
  const ra = placeOf(state.ra, state.raValue, reader);
  const isSaved = (place: Place | undefined, offset: number) =>
    place?.kind === OFFSET && place.register === RSP && place.offset === offset;
  return isSaved(rbp, SIGNAL_RBP) && isSaved(ra, SIGNAL_RIP);
}

function isAt(address: { base: number; offset: number; index: number }, offset: number): boolean {
  return address.base === RSP && address.index < 0 && address.offset === offset;
}

function isS16(value: number): boolean {
  return (value << 16) >> 16 === value;
}

function isS32(value: number): boolean {
  return (value | 0) === value;
}
