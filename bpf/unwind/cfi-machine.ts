import type { Cie } from "./cfi-entries.js";
import type { CfiReader } from "./cfi-reader.js";
import {
  CFA_BY_EXPRESSION,
  CFA_BY_REGISTER,
  CfiState,
  EXPRESSION,
  OFFSET,
  REGISTER,
  SAME_VALUE,
  toInteger,
  UNDEFINED,
  VAL_EXPRESSION,
  VAL_OFFSET,
} from "./cfi-state.js";
import { RBP, RIP, RSP } from "./layout.js";
import type { RowWriter } from "./row-writer.js";

/** States that a function may have remembered at once; compilers need one or two. */
const MAX_REMEMBERED = 64;

const NOP = 0x00;
const ADVANCE_LOC1 = 0x02;
const DEF_CFA_OFFSET = 0x0e;
/** The lower six bits are the operand, or the register. */
const ADVANCE_LOC = 0x40;
const OFFSET_OP = 0x80;
const RESTORE = 0xc0;

/**
 * Runs the call frame instructions (DWARF 5, section 6.4.2) of the functions of one section.
 *
 * Follows the CFA, rbp, rsp and the return address; rules for other registers are stepped over.
 */
export class CfiMachine {
  readonly state = new CfiState();
  /** What each CIE's instructions come to, by its number; `null` where they cannot be followed. */
  readonly #initial: (CfiState | null | undefined)[] = [];
  readonly #remembered: CfiState[] = [];
  #depth = 0;

  constructor(
    readonly reader: CfiReader,
    private readonly cies: readonly Cie[],
    private readonly textStart: number,
  ) {}

  /**
   * Runs a function's instructions and writes each state. Returns the address from which on its rules cannot be known:
   * `end` when all are.
   */
  run(
    cieNumber: number,
    start: number,
    end: number,
    code: number,
    codeEnd: number,
    writer: RowWriter,
  ): number {
    let initial = this.#initial[cieNumber];
    if (initial === undefined) initial = this.#runCie(cieNumber);
    if (initial === null) return start;
    this.state.copy(initial);
    return this.#execute(this.cies[cieNumber], initial, start, end, code, codeEnd, writer);
  }

  #runCie(cieNumber: number): CfiState | null {
    const cie = this.cies[cieNumber];
    const empty = new CfiState();
    this.state.copy(empty);
    const followed = cie.usable && this.#execute(cie, empty, 0, 1, cie.begin, cie.end) === 1;
    const initial = followed ? new CfiState() : null;
    initial?.copy(this.state);
    this.#initial[cieNumber] = initial;
    return initial;
  }

  /** What nearly all instructions are runs on `at` alone; for the others the reader is put there and asked for it. */
  #execute(
    cie: Cie,
    initial: CfiState,
    start: number,
    end: number,
    code: number,
    codeEnd: number,
    writer?: RowWriter,
  ): number {
    const { reader, state } = this;
    const { bytes } = reader;
    const { codeAlign, dataAlign } = cie;
    let at = code;
    let pc = start;
    let isNew = true;
    this.#depth = 0;
    reader.failed = false;
    while (at < codeEnd) {
      const op = bytes[at++];
      let next = pc;
      if (op >= ADVANCE_LOC && op < OFFSET_OP) {
        next = pc + (op & 0x3f) * codeAlign;
      } else if (op === ADVANCE_LOC1 && at < codeEnd) {
        next = pc + bytes[at++] * codeAlign;
      } else if (op === DEF_CFA_OFFSET && at < codeEnd && bytes[at] < 0x80) {
        state.cfaOffset = bytes[at++];
        isNew = true;
      } else if (op >= OFFSET_OP && op < RESTORE && at < codeEnd && bytes[at] < 0x80) {
        if (this.#setRule(op & 0x3f, OFFSET, bytes[at++] * dataAlign)) isNew = true;
      } else if (op !== NOP) {
        reader.at = at;
        next = this.#less(op, cie, initial, pc);
        at = reader.at;
        if (reader.failed || at > codeEnd) return pc;
        if (next === pc) isNew = true;
      }
      if (next === pc) continue;
      if (!(next > pc)) return pc;
      if (isNew) writer?.state(pc, state, reader, cie.isSignalFrame);
      isNew = false;
      pc = next;
      if (pc >= end) return end;
    }
    if (isNew) writer?.state(pc, state, reader, cie.isSignalFrame);
    return end;
  }

  /** Runs a less common instruction and returns where the function then is; below `pc` when it cannot be followed. */
  #less(op: number, cie: Cie, initial: CfiState, pc: number): number {
    const { reader } = this;
    if (op >= RESTORE) {
      this.#restore(op & 0x3f, initial);
      return pc;
    }
    if (op >= OFFSET_OP) {
      this.#setRule(op & 0x3f, OFFSET, reader.uleb() * cie.dataAlign);
      return pc;
    }
    switch (op) {
      case ADVANCE_LOC1:
        return pc + reader.u8() * cie.codeAlign;
      case 0x03: // advance_loc2
        return pc + reader.u16() * cie.codeAlign;
      case 0x04: // advance_loc4
        return pc + reader.u32() * cie.codeAlign;
      case 0x1d: // MIPS_advance_loc8
        return pc + reader.u64() * cie.codeAlign;
      case 0x01: {
        // set_loc
        const address = reader.pointer(cie.pointerEncoding);
        return address === undefined ? -1 : address - this.textStart;
      }
      default:
        return this.#other(op, cie.dataAlign, initial) ? pc : -1;
    }
  }

  /** The instructions that are rare; false for one that is unknown or cannot be. */
  #other(op: number, dataAlign: number, initial: CfiState): boolean {
    const { reader, state } = this;
    switch (op) {
      case 0x0a: // remember_state
        return this.#remember();
      case 0x0b: // restore_state
        return this.#recall();
      case DEF_CFA_OFFSET:
        state.cfaOffset = toInteger(reader.uleb());
        return true;
      case 0x05: // offset_extended
        return this.#setExtended(OFFSET, dataAlign);
      case 0x06: // restore_extended
        this.#restore(reader.uleb(), initial);
        return true;
      case 0x07: // undefined
        this.#setRule(reader.uleb(), UNDEFINED, 0);
        return true;
      case 0x08: // same_value
        this.#setRule(reader.uleb(), SAME_VALUE, 0);
        return true;
      case 0x09: {
        // register
        const number = reader.uleb();
        this.#setRule(number, REGISTER, reader.uleb());
        return true;
      }
      case 0x0c: // def_cfa
        state.cfa = CFA_BY_REGISTER;
        state.cfaRegister = toInteger(reader.uleb());
        state.cfaOffset = toInteger(reader.uleb());
        return true;
      case 0x12: // def_cfa_sf
        state.cfa = CFA_BY_REGISTER;
        state.cfaRegister = toInteger(reader.uleb());
        state.cfaOffset = toInteger(reader.sleb() * dataAlign);
        return true;
      case 0x0d: // def_cfa_register, which also ends an expression in every unwinder
        state.cfa = CFA_BY_REGISTER;
        state.cfaRegister = toInteger(reader.uleb());
        return true;
      case 0x13: // def_cfa_offset_sf
        state.cfaOffset = toInteger(reader.sleb() * dataAlign);
        return true;
      case 0x0f: // def_cfa_expression
        state.cfa = CFA_BY_EXPRESSION;
        state.cfaExpression = this.#skipExpression();
        return true;
      case 0x10: // expression
        return this.#setExpression(EXPRESSION);
      case 0x16: // val_expression
        return this.#setExpression(VAL_EXPRESSION);
      case 0x11: {
        // offset_extended_sf
        const number = reader.uleb();
        this.#setRule(number, OFFSET, reader.sleb() * dataAlign);
        return true;
      }
      case 0x14: // val_offset
        return this.#setExtended(VAL_OFFSET, dataAlign);
      case 0x15: {
        // val_offset_sf
        const number = reader.uleb();
        this.#setRule(number, VAL_OFFSET, reader.sleb() * dataAlign);
        return true;
      }
      case 0x2e: // GNU_args_size: what a landing pad pops, which does not move the CFA
        reader.uleb();
        return true;
      case 0x2f: // GNU_negative_offset_extended
        return this.#setExtended(OFFSET, -dataAlign);
      default:
        return false;
    }
  }

  #setExtended(kind: number, align: number): boolean {
    const number = this.reader.uleb();
    this.#setRule(number, kind, this.reader.uleb() * align);
    return true;
  }

  #setExpression(kind: number): boolean {
    const number = this.reader.uleb();
    this.#setRule(number, kind, this.#skipExpression());
    return true;
  }

  /** Returns where the expression's length stands. */
  #skipExpression(): number {
    const { reader } = this;
    const place = reader.at;
    reader.skipBlock();
    return place;
  }

  /** Says whether the register is one of those that are followed. */
  #setRule(number: number, kind: number, value: number): boolean {
    const { state } = this;
    const kept = toInteger(value);
    if (number === RBP) {
      state.rbp = kind;
      state.rbpValue = kept;
    } else if (number === RIP) {
      state.ra = kind;
      state.raValue = kept;
    } else if (number === RSP) {
      state.rsp = kind;
      state.rspValue = kept;
    } else return false;
    return true;
  }

  #restore(number: number, initial: CfiState): boolean {
    if (number === RBP) return this.#setRule(number, initial.rbp, initial.rbpValue);
    if (number === RIP) return this.#setRule(number, initial.ra, initial.raValue);
    if (number === RSP) return this.#setRule(number, initial.rsp, initial.rspValue);
    return false;
  }

  #remember(): boolean {
    if (this.#depth >= MAX_REMEMBERED) return false;
    let place = this.#remembered[this.#depth];
    if (!place) {
      place = new CfiState();
      this.#remembered.push(place);
    }
    place.copy(this.state);
    this.#depth++;
    return true;
  }

  #recall(): boolean {
    if (this.#depth === 0) return false;
    this.state.copy(this.#remembered[--this.#depth]);
    return true;
  }
}
