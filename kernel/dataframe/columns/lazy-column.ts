import { whileUsed } from "../while-used.js";
import type { Codes, Column, Dtype } from "./column.js";

/** A column that is made while something of it is asked for; of most frames most columns never are. */
export class LazyColumn implements Column {
  readonly #made: () => Column;
  readonly #length: () => number;

  constructor(
    readonly dtype: Dtype,
    length: () => number,
    make: () => Column,
  ) {
    this.#length = length;
    this.#made = whileUsed(make);
  }

  get made(): Column {
    return this.#made();
  }

  get length(): number {
    return this.#length();
  }

  at(row: number): unknown {
    return this.made.at(row);
  }

  take(rows: Int32Array): Column {
    return this.made.take(rows);
  }

  toArray(): unknown[] {
    return this.made.toArray();
  }

  codes(): Codes {
    return this.made.codes();
  }

  ranks(): Float64Array | Int32Array {
    return this.made.ranks();
  }
}

/** The column itself, also where it was not made yet. */
export function madeColumn(column: Column): Column {
  return column instanceof LazyColumn ? column.made : column;
}
