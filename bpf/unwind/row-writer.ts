import type { CfiReader } from "./cfi-reader.js";
import { CFA_BY_REGISTER, type CfiState, OFFSET, UNSPECIFIED } from "./cfi-state.js";
import {
  BUCKET_SHIFT,
  CFA_END,
  CFA_NONE,
  CFA_RBP,
  CFA_RSP,
  CFA_UNSUPPORTED,
  FURTHER_SHIFT,
  POSITION_MASK,
  RBP,
  RBP_SAVED,
  RSP,
} from "./layout.js";
import { RuleEncoder } from "./rule-encoder.js";

/** Rows that an index entry can tell apart. */
export const MAX_ROWS = POSITION_MASK;

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

  constructor(buckets: number, expectedRows: number) {
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
      const [first, second] = this.#encoder.encode(state, reader, isSignalFrame);
      this.#put(pc, first, second);
    }
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
