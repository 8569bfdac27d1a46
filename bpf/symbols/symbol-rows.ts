import { addressOrder } from "./address-order.js";

/** A power of two; rows grow by doubling, so that a header that promises much allocates little. */
const FIRST_CAPACITY = 1 << 12;

/** Bits of {@link SymbolRows.flags}. */
export const SIZED = 1;
/** A name in the middle of code, such as an assembler's local label. */
export const LABEL = 2;
/** A name of which nothing says that it is a function's. */
export const UNTYPED = 4;
/** Binding, better is larger: local 0, weak 1, global 2. */
export const BINDING_SHIFT = 3;

/** Symbols as columns, some 25 bytes a symbol; names stay in the file. */
export class SymbolRows {
  count = 0;
  /** Virtual addresses. */
  starts = new Float64Array(FIRST_CAPACITY);
  /** Virtual address behind the last byte. */
  ends = new Float64Array(FIRST_CAPACITY);
  /** File offsets of the names. */
  names = new Float64Array(FIRST_CAPACITY);
  flags = new Uint8Array(FIRST_CAPACITY);

  push(start: number, end: number, name: number, flags: number): void {
    if (this.count === this.starts.length) this.#resize(this.count * 2, (i) => i);
    const row = this.count++;
    this.starts[row] = start;
    this.ends[row] = end;
    this.names[row] = name;
    this.flags[row] = flags;
  }

  /** Orders the rows by start and trims the columns to their number. */
  sort(): void {
    const low = new Uint32Array(this.count);
    const high = new Uint32Array(this.count);
    for (let i = 0; i < this.count; i++) {
      low[i] = this.starts[i] >>> 0;
      high[i] = this.starts[i] / 0x1_0000_0000;
    }
    const order = addressOrder(low, high);
    this.#resize(this.count, (i) => order[i]);
  }

  /**
   * Ends symbols without a size at the next symbol, and nothing later than their section.
   *
   * A label ends at whatever follows; a function goes on over labels to the next function. Rows must be sorted.
   */
  closeUnsized(): void {
    let nextFunction = Number.POSITIVE_INFINITY;
    let nextAny = Number.POSITIVE_INFINITY;
    for (let last = this.count - 1; last >= 0; ) {
      const start = this.starts[last];
      let hasFunction = false;
      let row = last;
      for (; row >= 0 && this.starts[row] === start; row--) {
        const isLabel = (this.flags[row] & LABEL) !== 0;
        hasFunction ||= !isLabel;
        if ((this.flags[row] & SIZED) === 0)
          this.ends[row] = Math.min(this.ends[row], isLabel ? nextAny : nextFunction);
      }
      nextAny = start;
      if (hasFunction) nextFunction = start;
      last = row;
    }
  }

  /** Rebuilds the columns with another length, row `i` taken from `from(i)`. */
  #resize(length: number, from: (row: number) => number): void {
    const { starts, ends, names, flags } = this;
    this.starts = new Float64Array(length);
    this.ends = new Float64Array(length);
    this.names = new Float64Array(length);
    this.flags = new Uint8Array(length);
    for (let row = 0; row < this.count; row++) {
      const source = from(row);
      this.starts[row] = starts[source];
      this.ends[row] = ends[source];
      this.names[row] = names[source];
      this.flags[row] = flags[source];
    }
  }
}
