import { type Column, type Dtype, isMissing } from "./column.js";
import { MixedColumn } from "./mixed-column.js";
import { NumberColumn } from "./number-column.js";
import { TextColumn } from "./text-column.js";

/** The values of a column, as one may give them. */
export type Values = readonly unknown[] | NumberArray;

type NumberArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** True for what {@link columnOf} takes: a plain array, or a typed one. */
export function isValues(values: unknown): values is Values {
  return Array.isArray(values) || (ArrayBuffer.isView(values) && !(values instanceof DataView));
}

/** The column for values whose type is not known before. */
export function columnOf(given: Values): Column {
  if (given instanceof Int32Array || given instanceof Float64Array) return new NumberColumn(given);
  const values: readonly unknown[] = Array.isArray(given) ? given : Array.from(given as ArrayLike<unknown>);
  const types = new Set<string>();
  for (const value of values) types.add(isMissing(value) ? "missing" : typeof value);
  const missing = types.delete("missing");
  if (types.size > 1) return new MixedColumn(values, "string");
  if (types.has("string")) return TextColumn.of(values as (string | null)[]);
  if (types.has("number")) {
    const dtype: Dtype = values.every((v) => isMissing(v) || Number.isInteger(v)) ? "int32" : "float32";
    // danfojs knows no typed column with gaps; NaN in a float column is one.
    if (missing) return dtype === "int32" ? new MixedColumn(values, dtype) : new NumberColumn(floats(values));
    return new NumberColumn(
      dtype === "int32" && fitsInt32(values as number[])
        ? Int32Array.from(values as number[])
        : floats(values),
    );
  }
  return new MixedColumn(values, types.has("boolean") ? "boolean" : "string");
}

function floats(values: readonly unknown[]): Float64Array {
  return Float64Array.from(values, (value) => (isMissing(value) ? Number.NaN : (value as number)));
}

function fitsInt32(values: readonly number[]): boolean {
  return values.every((value) => value === (value | 0) && !Object.is(value, -0));
}
