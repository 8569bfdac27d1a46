import type { BtfVariable } from "./btf.js";
import { littleEndian } from "./codec.js";

/** What an integer or boolean variable of C is set to. */
export type Integer = number | bigint | boolean;

/** `value` as it goes into an integer variable, or a RangeError that names the variable. */
export function checkInteger({ name, size, integer }: BtfVariable, value: Integer): bigint {
  if (integer === undefined || ![1, 2, 4, 8].includes(size)) {
    throw new RangeError(
      `${name} is no integer of 1, 2, 4 or 8 bytes: give its ${size} bytes as a Uint8Array`,
    );
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new RangeError(`${name} = ${value}: not an exact integer`);
  }
  const exact = BigInt(value);
  const bits = size * 8;
  const wrapped = integer === "signed" ? BigInt.asIntN(bits, exact) : BigInt.asUintN(bits, exact);
  if (wrapped !== exact) {
    throw new RangeError(`${name} = ${value} does not fit in ${bits} bits, ${integer}`);
  }
  return exact;
}

/** The bytes of a C integer in the machine's order. */
export function encodeInteger(value: bigint, size: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt.asIntN(64, value), littleEndian);
  return new Uint8Array(view.buffer, littleEndian ? 0 : 8 - size, size);
}
