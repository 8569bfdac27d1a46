import { once } from "../once.js";
import type { Codes, Column, Dtype } from "./column.js";

/** A column that is made when something of it is first asked for; of most frames most columns never are. */
export class LazyColumn implements Column {
  readonly #made: () => Column;

  constructor(
    readonly dtype: Dtype,
    make: () => Column,
  ) {
    this.#made = once(make);
  }

  get made(): Column {
    return this.#made();
  }

  get length(): number {
    return this.made.length;
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
