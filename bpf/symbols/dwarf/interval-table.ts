import { addressOrder } from "../address-order.js";

/** Columns grow by doubling from this, so that a header that promises much allocates little. */
const FIRST_CAPACITY = 64;

/** Up to so many rows comparing them is faster than the linear sort, whose counters have to be cleared. */
const FEW = 1 << 13;

/** Most rows that are looked at for one address, where many overlap. */
const MAX_CANDIDATES = 4096;

/** Address ranges, which may overlap, each with the number of whom it belongs to; 28 bytes a range. */
export class IntervalTable {
  count = 0;
  starts = new Float64Array(FIRST_CAPACITY);
  /** Addresses behind the last byte. */
  ends = new Float64Array(FIRST_CAPACITY);
  owners = new Uint32Array(FIRST_CAPACITY);
  /** Largest end of a row and all before it. */
  #maxEnds = new Float64Array(0);

  get sizeBytes(): number {
    return this.starts.length * 20 + this.#maxEnds.length * 8;
  }

  push(start: number, end: number, owner: number): void {
    if (this.count === this.starts.length) this.#resize(this.count * 2, (row) => row);
    const row = this.count++;
    this.starts[row] = start;
    this.ends[row] = end;
    this.owners[row] = owner;
  }

  /** Orders the rows by start, after which they can be searched. */
  sort(): void {
    const order = this.#order();
    this.#resize(this.count, (row) => order[row]);
    this.#maxEnds = new Float64Array(this.count);
    for (let row = 0, end = 0; row < this.count; row++) {
      end = Math.max(end, this.ends[row]);
      this.#maxEnds[row] = end;
    }
  }

  /** Gives the rows that contain an address, the one that starts last first. */
  at(address: number): number[] {
    const found: number[] = [];
    const last = this.#lastStartingAt(address);
    for (let row = last; row >= 0 && last - row < MAX_CANDIDATES && this.#maxEnds[row] > address; row--) {
      if (this.ends[row] > address) found.push(row);
    }
    return found;
  }

  #order(): Uint32Array {
    if (this.count <= FEW) {
      return Uint32Array.from({ length: this.count }, (_, row) => row).sort(
        (a, b) => this.starts[a] - this.starts[b],
      );
    }
    const low = new Uint32Array(this.count);
    const high = new Uint32Array(this.count);
    for (let row = 0; row < this.count; row++) {
      low[row] = this.starts[row] >>> 0;
      high[row] = this.starts[row] / 0x1_0000_0000;
    }
    return addressOrder(low, high);
  }

  #lastStartingAt(address: number): number {
    let from = 0;
    let to = this.count;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.starts[middle] <= address) from = middle + 1;
      else to = middle;
    }
    return from - 1;
  }

  /** Rebuilds the columns with another length, row `i` taken from `from(i)`. */
  #resize(length: number, from: (row: number) => number): void {
    const { starts, ends, owners } = this;
    this.starts = new Float64Array(length);
    this.ends = new Float64Array(length);
    this.owners = new Uint32Array(length);
    for (let row = 0; row < this.count; row++) {
      const source = from(row);
      this.starts[row] = starts[source];
      this.ends[row] = ends[source];
      this.owners[row] = owners[source];
    }
  }
}
