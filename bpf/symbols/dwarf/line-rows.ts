const FIRST_CAPACITY = 256;

/** Most rows of a table: 12 bytes each. */
const MAX_ROWS = 1 << 21;

/** The rows that a line number program makes, as columns. */
export class LineRows {
  count = 0;
  /** Distances from the beginning of the row's sequence, in bytes. */
  distances = new Uint32Array(FIRST_CAPACITY);
  files = new Uint32Array(FIRST_CAPACITY);
  lines = new Uint32Array(FIRST_CAPACITY);
  /** First row of the sequence that is being written, or was written last. */
  firstOfSequence = 0;
  /** Address of that row; -1 before it. */
  #start = -1;

  /** Rows of sequences that begin below `lowestCode` are left out: the linker dropped their code. */
  constructor(private readonly lowestCode: number) {}

  get isFull(): boolean {
    return this.count >= MAX_ROWS;
  }

  get sizeBytes(): number {
    return this.distances.length * 12;
  }

  /** Adds a row; of those at one address the last counts, and those that repeat their predecessor say nothing. */
  push(address: number, file: number, line: number): void {
    if (this.#start < 0) {
      this.#start = address;
      this.firstOfSequence = this.count;
    }
    const distance = address - this.#start;
    if (this.#start < this.lowestCode || !(distance >= 0) || distance > 0xffff_ffff || this.isFull) return;
    if (this.count > this.firstOfSequence) {
      const last = this.count - 1;
      if (this.files[last] === file && this.lines[last] === line) return;
      if (this.distances[last] === distance) this.count--;
    }
    if (this.count === this.distances.length) this.#resize(this.count * 2);
    const row = this.count++;
    this.distances[row] = distance;
    this.files[row] = file;
    this.lines[row] = line;
  }

  /** Ends a sequence; gives the address of its first row, or infinity when it has none. */
  end(): number {
    const start = this.#start;
    this.#start = -1;
    return start >= this.lowestCode ? start : Number.POSITIVE_INFINITY;
  }

  /** Gives up the space that was kept for more rows. */
  trim(): void {
    this.#resize(this.count);
  }

  /** Gives the last of the rows from `from` to `to` that is not behind a distance; -1 if there is none. */
  lastAt(from: number, to: number, distance: number): number {
    const first = from;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.distances[middle] <= distance) from = middle + 1;
      else to = middle;
    }
    return from > first ? from - 1 : -1;
  }

  #resize(length: number): void {
    const resized = (column: Uint32Array) => {
      const copy = new Uint32Array(length);
      copy.set(column.subarray(0, Math.min(length, this.count)));
      return copy;
    };
    this.distances = resized(this.distances);
    this.files = resized(this.files);
    this.lines = resized(this.lines);
  }
}
