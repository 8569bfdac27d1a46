/** A column of numbers that grows by doubling. */
export class Column<T extends Int32Array | Uint32Array | Float64Array> {
  #values: T;
  #length = 0;

  constructor(private readonly create: (length: number) => T) {
    this.#values = create(1024);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = this.create(this.#length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  /** The values so far, without a copy; valid until the next push. */
  view(): T {
    return this.#values.subarray(0, this.#length) as T;
  }
}

export const int32Column = () => new Column((length) => new Int32Array(length));
export const float64Column = () => new Column((length) => new Float64Array(length));
