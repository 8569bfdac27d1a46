import {
  batchType,
  Column,
  type DataType,
  float64,
  int8,
  int16,
  int32,
  runEndEncoded,
  uint8,
  uint16,
  uint32,
} from "@uwdata/flechette";
import { type NarrowArray, narrowed } from "./narrow.js";

/** A column over the array itself. Without rows it still has one batch, so that every column of a table has as many. */
export function numbers(array: NarrowArray | BigInt64Array, type: DataType): Column<unknown> {
  return batch(type, { length: array.length, values: array });
}

/** A column of the narrowest type that has these numbers; of a number that all rows have, one run. */
export function narrowNumbers(array: Int32Array | Float64Array): Column<unknown> {
  const { length } = array;
  if (length > 0 && array.every((value) => value === array[0])) {
    const children = [
      numbers(Int32Array.of(length), int32()).data[0],
      numbers(Float64Array.of(array[0]), float64()).data[0],
    ];
    return batch(runEndEncoded(int32(), float64()), { length, children });
  }
  const narrow = narrowed(array);
  return numbers(narrow, typeOf(narrow));
}

function typeOf(array: NarrowArray): DataType {
  if (array instanceof Uint8Array) return uint8();
  if (array instanceof Int8Array) return int8();
  if (array instanceof Uint16Array) return uint16();
  if (array instanceof Int16Array) return int16();
  if (array instanceof Int32Array) return int32();
  return array instanceof Uint32Array ? uint32() : float64();
}

/** A column of one batch, of which every row has a value. */
export function batch(type: DataType, parts: Record<string, unknown>): Column<unknown> {
  const Batch = batchType(type, { useBigInt: true });
  return new Column([new Batch({ type, nullCount: 0, validity: new Uint8Array(0), ...parts })], type);
}
