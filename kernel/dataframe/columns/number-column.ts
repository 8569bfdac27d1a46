import { type Codes, type Column, codesByValue, type Dtype } from "./column.js";

/** Numbers in a typed array; NaN is missing. */
export class NumberColumn implements Column {
  readonly dtype: Dtype;

  constructor(readonly values: Int32Array | Float64Array) {
    this.dtype = values instanceof Int32Array ? "int32" : "float32";
  }

  get length(): number {
    return this.values.length;
  }

  at(row: number): number {
    return this.values[row];
  }

  take(rows: Int32Array): NumberColumn {
    const { values } = this;
    const taken = values instanceof Int32Array ? new Int32Array(rows.length) : new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) taken[i] = values[rows[i]];
    return new NumberColumn(taken);
  }

  toArray(): number[] {
    return Array.from(this.values);
  }

  codes(): Codes {
    return codesByValue(this.length, (row) => this.values[row]);
  }

  ranks(): Float64Array {
    return Float64Array.from(this.values);
  }
}
