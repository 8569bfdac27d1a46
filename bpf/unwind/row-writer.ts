import type { CfiReader } from "./cfi-reader.js";
import { CFA_BY_REGISTER, type CfiState, OFFSET, UNSPECIFIED } from "./cfi-state.js";
import { findHandlerEntry, HANDLER_ENTRY_BYTES } from "./handler-entry.js";
import {
  BUCKET_SHIFT,
  CFA_END,
  CFA_NONE,
  CFA_RBP,
  CFA_RSP,
  CFA_UNSUPPORTED,
  FRAME_LEAF,
  FURTHER_SHIFT,
  POSITION_MASK,
  RBP,
  RBP_SAVED,
  RCX,
  RSP,
} from "./layout.js";
import { RuleEncoder } from "./rule-encoder.js";

/** Rows that an index entry can tell apart. */
export const MAX_ROWS = POSITION_MASK;

/** Reads `bytes` of code before an address. */
export type CodeBefore = (pc: number, bytes: number) => Uint8Array;

/** Writes rows in the order of their addresses, equal neighbours once, and the index over them. */
export class RowWriter {
  /** As signed words, which V8 adds up and stores without a detour through doubles. */
  readonly #index: Int32Array;
  readonly #encoder = new RuleEncoder();
  #rows: Int32Array;
  #count = 0;
  #bucket = 0;
  #lastPc = 0;
  #first = 0;
  #second = 0;
  unsupported = 0;
  /** The function returns to where nothing called it: now from its start on, or from here on. */
  #isInjected = false;
  #entersHandler = false;

  constructor(
    buckets: number,
    expectedRows: number,
    private readonly codeBefore?: CodeBefore,
  ) {
    this.#index = new Int32Array(buckets);
    this.#rows = new Int32Array(Math.max(16, expectedRows) * 2);
    this.#append(0, CFA_NONE << 8, 0);
  }

  /** What was reserved and not needed stays behind it: pages never written take no memory. */
  get rows(): Uint32Array {
    return new Uint32Array(this.#rows.buffer, 0, this.#count * 2);
  }

  get index(): Uint32Array {
    return new Uint32Array(this.#index.buffer);
  }

  get rules(): Uint8Array {
    return this.#encoder.rules;
  }

  /** False when there were more rows than a table can have. */
  get isComplete(): boolean {
    return this.#count < MAX_ROWS;
  }

  /** @param isInjected what the function returns to is where a signal came; it saves rbp first */
  beginFunction(isInjected: boolean): void {
    this.#isInjected = isInjected;
    this.#entersHandler = false;
  }

  none(pc: number): void {
    this.#put(pc, CFA_NONE << 8, 0);
  }

  /** Code that nothing called. */
  root(pc: number): void {
    this.#put(pc, CFA_END << 8, 0);
  }

  unknown(pc: number): void {
    this.#put(pc, CFA_UNSUPPORTED << 8, 0);
  }

  state(pc: number, state: CfiState, reader: CfiReader, isSignalFrame: boolean): void {
    const { cfaRegister, cfaOffset, rbp, rbpValue } = state;
    const isPlain =
      !this.#isInjected &&
      !this.#entersHandler &&
      state.cfa === CFA_BY_REGISTER &&
      (cfaRegister === RSP || cfaRegister === RBP) &&
      state.ra === OFFSET &&
      state.raValue === -8 &&
      state.rsp === UNSPECIFIED &&
      (cfaOffset << 16) >> 16 === cfaOffset;
    if (isPlain && rbp === UNSPECIFIED) {
      const cfa = cfaRegister === RBP ? CFA_RBP : CFA_RSP;
      this.#put(pc, cfa << 8, cfaOffset & 0xffff);
    } else if (isPlain && rbp === OFFSET && (rbpValue << 16) >> 16 === rbpValue) {
      const cfa = cfaRegister === RBP ? CFA_RBP : CFA_RSP;
      this.#put(pc, (cfa << 8) | (RBP_SAVED << 16), (cfaOffset & 0xffff) | (rbpValue << 16));
    } else {
      this.#rare(pc, state, reader, isSignalFrame);
    }
  }

  #rare(pc: number, state: CfiState, reader: CfiReader, isSignalFrame: boolean): void {
    const isByRegister = state.cfa === CFA_BY_REGISTER;
    // __builtin_eh_return alone: the frame that is entered lies where rcx says.
    if (isByRegister && state.cfaRegister === RCX && !this.#entersHandler) {
      const entry = findHandlerEntry(this.codeBefore?.(pc, HANDLER_ENTRY_BYTES) ?? new Uint8Array(0));
      // A return address is looked for a byte before it, in the call.
      const from = entry && pc - entry.before - 1;
      if (entry && from !== undefined && from > this.#lastPc) {
        this.#entersHandler = true;
        this.#put(from, ...this.#encoder.handlerEntry(entry));
      }
    }
    // With rbp again the function is where it was before.
    if (isByRegister && state.cfaRegister === RBP) this.#entersHandler = false;
    const flags = this.#entersHandler || this.#isInjected ? FRAME_LEAF : 0;
    if (this.#isInjected) {
      state.rbp = state.cfaOffset >= 16 ? OFFSET : UNSPECIFIED;
      state.rbpValue = -16;
    }
    const [first, second] = this.#encoder.encode(state, reader, isSignalFrame, flags);
    this.#put(pc, first, second);
  }

  /** Completes the index. */
  finish(): void {
    this.#index.fill(this.#count - 1, this.#bucket + 1);
    this.#bucket = this.#index.length - 1;
  }

  #put(pc: number, first: number, second: number): void {
    if (first === this.#first && second === this.#second) return;
    if (pc !== this.#lastPc) {
      this.#append(pc, first, second);
      return;
    }
    const at = (this.#count - 1) * 2;
    this.#rows[at] = first | (pc & 0xff);
    this.#rows[at + 1] = second;
    this.#remember(pc, first, second);
  }

  #append(pc: number, first: number, second: number): void {
    if (this.#count >= MAX_ROWS) return;
    if (this.#count * 2 >= this.#rows.length) {
      const grown = new Int32Array(this.#rows.length * 2);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    const at = this.#count * 2;
    this.#rows[at] = first | (pc & 0xff);
    this.#rows[at + 1] = second;
    this.#enter(pc, this.#count++);
    this.#remember(pc, first, second);
  }

  #remember(pc: number, first: number, second: number): void {
    this.#lastPc = pc;
    this.#first = first;
    this.#second = second;
    if (first === CFA_UNSUPPORTED << 8) this.unsupported++;
  }

  #enter(pc: number, row: number): void {
    const index = this.#index;
    const bucket = pc >>> BUCKET_SHIFT;
    if (bucket > this.#bucket) {
      // Nearly always the next; a loop here would be compiled for itself, again and again.
      if (bucket > this.#bucket + 1) index.fill(row - 1, this.#bucket + 1, bucket);
      index[bucket] = row - 1;
      this.#bucket = bucket;
    }
    if ((pc & 0xff) === 0) index[bucket] = row;
    else index[bucket] += 1 << FURTHER_SHIFT;
  }
}
