import type { BtfVariable } from "./btf.js";
import { checkInteger, type Integer } from "./integer.js";
import type { MappedArray } from "./mapped-array.js";
import { Resource } from "./resource.js";

type IntegerArray =
  | Int8Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>
  | Int16Array<ArrayBufferLike>
  | Uint16Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | Uint32Array<ArrayBufferLike>;
type BigArray = BigInt64Array<ArrayBufferLike> | BigUint64Array<ArrayBufferLike>;

/**
 * A global variable of a loaded object, in memory that BPF shares.
 *
 * Integers are read and written in one piece (atomically); other types byte by byte. Closed with its object.
 */
export class Variable extends Resource {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** False for constants (.rodata), which the kernel froze at load. */
  readonly isWritable: boolean;
  readonly #type: BtfVariable;
  #bytes: Uint8Array | undefined;
  #integer: IntegerArray | BigArray | undefined;

  /** @internal */
  constructor(section: MappedArray, type: BtfVariable, isWritable: boolean) {
    super(`variable ${type.name}`, section);
    this.name = type.name;
    this.size = type.size;
    this.isWritable = isWritable;
    this.#type = type;
    this.#bytes = section.borrow((bytes) => bytes.subarray(type.offset, type.offset + type.size));
    if (type.integer !== undefined) this.#integer = integerView(this.#bytes, type.integer === "signed");
  }

  /** Returns an integer variable: a bigint when it has 8 bytes, a number when it has 1, 2 or 4. */
  get(): number | bigint {
    const array = this.#checkedInteger();
    return isBig(array) ? Atomics.load(array, 0) : Atomics.load(array, 0);
  }

  /** Sets an integer variable. A value that does not fit is a RangeError. */
  set(value: Integer): void {
    this.#assertWritable();
    const array = this.#checkedInteger();
    const exact = checkInteger(this.#type, value);
    if (isBig(array)) Atomics.store(array, 0, exact);
    else Atomics.store(array, 0, Number(exact));
  }

  /** Returns a copy of the variable's bytes, whatever its type. */
  getBytes(): Uint8Array {
    this.assertOpen();
    return this.#bytes!.slice();
  }

  /** Sets a variable of any type; `bytes` has its size. BPF may see the bytes in any order. */
  setBytes(bytes: Uint8Array): void {
    this.assertOpen();
    this.#assertWritable();
    if (bytes.length !== this.size) {
      throw new RangeError(`${this.name} has ${this.size} bytes, ${bytes.length} were given`);
    }
    this.#bytes!.set(bytes);
  }

  #checkedInteger(): IntegerArray | BigArray {
    this.assertOpen();
    if (this.#integer === undefined)
      throw new TypeError(`${this.name} is no aligned integer: use getBytes()`);
    return this.#integer;
  }

  // SAFETY: its pages are mapped without write permission.
  #assertWritable(): void {
    if (!this.isWritable)
      throw new TypeError(`${this.name} is a constant: set it with rodata() before load()`);
  }

  /** @internal */
  protected override release(): void {
    this.#bytes = undefined;
    this.#integer = undefined;
  }
}

const isBig = (array: IntegerArray | BigArray): array is BigArray => array.BYTES_PER_ELEMENT === 8;

function integerView(bytes: Uint8Array, isSigned: boolean): IntegerArray | BigArray | undefined {
  const { buffer, byteOffset, length } = bytes;
  if (byteOffset % length !== 0) return undefined;
  switch (length) {
    case 1:
      return isSigned ? new Int8Array(buffer, byteOffset, 1) : new Uint8Array(buffer, byteOffset, 1);
    case 2:
      return isSigned ? new Int16Array(buffer, byteOffset, 1) : new Uint16Array(buffer, byteOffset, 1);
    case 4:
      return isSigned ? new Int32Array(buffer, byteOffset, 1) : new Uint32Array(buffer, byteOffset, 1);
    case 8:
      return isSigned ? new BigInt64Array(buffer, byteOffset, 1) : new BigUint64Array(buffer, byteOffset, 1);
    default:
      return undefined;
  }
}
