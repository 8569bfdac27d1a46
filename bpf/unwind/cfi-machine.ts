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
  UNDEFINED,
  VAL_EXPRESSION,
  VAL_OFFSET,
} from "./cfi-state.js";
import { RBP, RIP, RSP } from "./layout.js";

/** Receives the state that is in force from `pc` on; each call's `pc` is above the last one's. */
export type StateSink = (pc: number, state: CfiState) => void;

/** States that a function may have remembered at once; compilers need one or two. */
const MAX_REMEMBERED = 64;
const MAX_OFFSET = 0x7fff_ffff;

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
   * Runs a function's instructions and gives each state to `sink`. Returns the address from which on its rules cannot
   * be known: `end` when all are.
   */
  run(cieNumber: number, start: number, end: number, at: number, atEnd: number, sink: StateSink): number {
    let initial = this.#initial[cieNumber];
    if (initial === undefined) initial = this.#runCie(cieNumber);
    if (initial === null) return start;
    this.state.copy(initial);
    return this.#execute(this.cies[cieNumber], initial, start, end, at, atEnd, sink);
  }

  #runCie(cieNumber: number): CfiState | null {
    const cie = this.cies[cieNumber];
    const empty = new CfiState();
    this.state.copy(empty);
    const followed = cie.usable && this.#execute(cie, empty, 0, 1, cie.begin, cie.end, ignore) === 1;
    const initial = followed ? new CfiState() : null;
    initial?.copy(this.state);
    this.#initial[cieNumber] = initial;
    return initial;
  }

  #execute(
    cie: Cie,
    initial: CfiState,
    start: number,
    end: number,
    at: number,
    atEnd: number,
    sink: StateSink,
  ): number {
    const { reader, state } = this;
    const { bytes } = reader;
    const { codeAlign, dataAlign } = cie;
    let pc = start;
    let isNew = true;
    let isFollowed = true;
    this.#depth = 0;
    reader.at = at;
    reader.failed = false;
    while (reader.at < atEnd) {
      const op = bytes[reader.at++];
      let next = pc;
      if (op >= 0x40 && op < 0x80) {
        next = pc + (op & 0x3f) * codeAlign;
      } else if (op >= 0x80 && op < 0xc0) {
        const offset = reader.uleb() * dataAlign;
        if (this.#setRule(op & 0x3f, OFFSET, offset)) isNew = true;
      } else if (op >= 0xc0) {
        if (this.#restore(op & 0x3f, initial)) isNew = true;
      } else {
        switch (op) {
          case 0x00: // nop
            break;
          case 0x0e: // def_cfa_offset
            state.cfaOffset = reader.uleb();
            isNew = true;
            break;
          case 0x02: // advance_loc1
            next = pc + reader.u8() * codeAlign;
            break;
          case 0x03: // advance_loc2
            next = pc + reader.u16() * codeAlign;
            break;
          case 0x04: // advance_loc4
            next = pc + reader.u32() * codeAlign;
            break;
          case 0x1d: // MIPS_advance_loc8
            next = pc + reader.u64() * codeAlign;
            break;
          case 0x01: {
            // set_loc
            const address = reader.pointer(cie.pointerEncoding);
            if (address === undefined || address - this.textStart < pc) isFollowed = false;
            else next = address - this.textStart;
            break;
          }
          case 0x0a: // remember_state
            isFollowed = this.#remember();
            break;
          case 0x0b: // restore_state
            isFollowed = this.#recall();
            isNew = true;
            break;
          default:
            isFollowed = this.#other(op, dataAlign, initial);
            isNew = true;
        }
      }
      if (!isFollowed || reader.failed || reader.at > atEnd) return pc;
      if (next === pc) continue;
      if (!(next > pc)) return pc;
      if (isNew) sink(pc, state);
      isNew = false;
      pc = next;
      if (pc >= end) return end;
    }
    if (isNew) sink(pc, state);
    return end;
  }

  /** The instructions that are rare; false for one that is unknown or cannot be. */
  #other(op: number, dataAlign: number, initial: CfiState): boolean {
    const { reader, state } = this;
    switch (op) {
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
        state.cfaRegister = reader.uleb();
        state.cfaOffset = reader.uleb();
        return true;
      case 0x12: // def_cfa_sf
        state.cfa = CFA_BY_REGISTER;
        state.cfaRegister = reader.uleb();
        state.cfaOffset = reader.sleb() * dataAlign;
        return true;
      case 0x0d: // def_cfa_register, which also ends an expression in every unwinder
        state.cfa = CFA_BY_REGISTER;
        state.cfaRegister = reader.uleb();
        return true;
      case 0x13: // def_cfa_offset_sf
        state.cfaOffset = reader.sleb() * dataAlign;
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

  /** Whether the register is one of those that are followed. */
  #setRule(number: number, kind: number, value: number): boolean {
    const { state } = this;
    const kept = value <= MAX_OFFSET && value >= -MAX_OFFSET ? value | 0 : Number.NaN;
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

function ignore(): void {
  // A CIE's instructions give no row of their own.
}
