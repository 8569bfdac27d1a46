import { ValueCodes } from "./value-codes.js";

/** How danfojs names the type of a column. */
export type Dtype = "int32" | "float32" | "string" | "boolean";

/** A number a value: rows with equal values have equal codes. */
export interface Codes {
  readonly codes: Int32Array;
  /** Every code is smaller. */
  readonly size: number;
  /** If given, the code of a row is `map[codes[row] + 1]`: a dictionary in which a value may stand more than once. */
  readonly map?: Int32Array;
}

/** The values of one column. Missing values are null, NaN or undefined, as in danfojs. */
export interface Column {
  /** The name that danfojs has for the type; `float32` holds float64 values. */
  readonly dtype: Dtype;
  readonly length: number;
  at(row: number): unknown;
  /** The values of these rows, in this order; a missing one for row -1. */
  take(rows: Int32Array): Column;
  toArray(): unknown[];
  /** Codes for grouping. Values of different types are different. */
  codes(): Codes;
  /** Numbers that compare as the values do, NaN for what is missing. */
  ranks(): Float64Array | Int32Array;
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
  const values = new ValueCodes();
  for (let row = 0; row < length; row++) codes[row] = values.of(at(row));
  return { codes, size: values.size };
}

/** The codes without a map. */
export function plainCodes({ codes, size, map }: Codes): Codes {
  if (!map) return { codes, size };
  const plain = new Int32Array(codes.length);
  for (let row = 0; row < codes.length; row++) plain[row] = map[codes[row] + 1];
  return { codes: plain, size };
}
