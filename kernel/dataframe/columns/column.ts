/** How danfojs names the type of a column. */
export type Dtype = "int32" | "float32" | "string" | "boolean";

/** A number a value: rows with equal values have equal codes. */
export interface Codes {
  readonly codes: Int32Array;
  /** Every code is smaller. */
  readonly size: number;
}

/** The values of one column. Missing values are null, NaN or undefined, as in danfojs. */
export interface Column {
  /** The name that danfojs has for the type; `float32` holds float64 values. */
  readonly dtype: Dtype;
  readonly length: number;
  at(row: number): unknown;
  /** The values of these rows, in this order. */
  take(rows: Int32Array): Column;
  toArray(): unknown[];
  /** Codes for grouping. Values of different types are different. */
  codes(): Codes;
  /** Numbers that compare as the values do, NaN for what is missing. */
  ranks(): Float64Array;
}

export interface NamedColumn {
  readonly name: string;
  readonly column: Column;
}

/** True for what danfojs counts as missing. */
export function isMissing(value: unknown): boolean {
  return value === null || value === undefined || Number.isNaN(value);
}

/** Codes in the order in which values appear first. */
export function codesByValue(length: number, at: (row: number) => unknown): Codes {
  const codes = new Int32Array(length);
  const values = new Map<unknown, number>();
  const dates = new Map<number, number>(); // by time, not by identity
  let size = 0;
  for (let row = 0; row < length; row++) {
    const value = at(row);
    const known: Map<unknown, number> = value instanceof Date ? dates : values;
    const key = value instanceof Date ? value.getTime() : value;
    let code = known.get(key);
    if (code === undefined) {
      code = size++;
      known.set(key, code);
    }
    codes[row] = code;
  }
  return { codes, size };
}
