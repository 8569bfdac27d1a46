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
  /** First row of the sequence that is being written. */
  #first = 0;

  get isFull(): boolean {
    return this.count >= MAX_ROWS;
  }

  get sizeBytes(): number {
    return this.distances.length * 12;
  }

  /** Begins a sequence; gives the number of its first row. */
  begin(): number {
    this.#first = this.count;
    return this.count;
  }

  /** Adds a row; of those at one address the last counts, and those that repeat their predecessor say nothing. */
  push(distance: number, file: number, line: number): void {
    if (!(distance >= 0) || distance > 0xffff_ffff || this.isFull) return;
    if (this.count > this.#first) {
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
