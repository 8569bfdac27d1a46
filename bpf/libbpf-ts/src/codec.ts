import { endianness } from "node:os";

/** How a key or a value of a map is laid out, in the machine's byte order. */
export interface Codec<T> {
  /** In bytes; must equal the map's key or value size. */
  readonly size: number;
  read(view: DataView): T;
  write(view: DataView, value: T): void;
}

/** How the keys and values of a map are read and written; what is left out is `Uint8Array`. */
export interface MapCodecs<K, V> {
  key?: Codec<K>;
  value?: Codec<V>;
}

/** True on machines that store the low byte first; maps and records are in this order. */
export const littleEndian: boolean = endianness() === "LE";

/** A 32-bit unsigned integer as a number. */
export const u32: Codec<number> = {
  size: 4,
  read: (view) => view.getUint32(0, littleEndian),
  write(view, value) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
      throw new RangeError(`${value} is not a 32-bit unsigned integer`);
    }
    view.setUint32(0, value, littleEndian);
  },
};

/** A 64-bit unsigned integer as a bigint. */
export const u64: Codec<bigint> = {
  size: 8,
  read: (view) => view.getBigUint64(0, littleEndian),
  write(view, value) {
    if (BigInt.asUintN(64, value) !== value)
      throw new RangeError(`${value} is not a 64-bit unsigned integer`);
    view.setBigUint64(0, value, littleEndian);
  },
};

/** `size` bytes as they are; what is read is a copy. */
export const bytes = (size: number): Codec<Uint8Array> => ({
  size,
  read: (view) => new Uint8Array(view.buffer, view.byteOffset, size).slice(),
  write(view, value) {
    if (value.length !== size) throw new RangeError(`${size} bytes are needed, ${value.length} were given`);
    new Uint8Array(view.buffer, view.byteOffset, size).set(value);
  },
});

/** SAFETY: the kernel copies the map's size, whatever size the buffer has that a codec made. */
export function checkSize(title: string, part: string, needed: number, given: number): void {
  if (given !== needed)
    throw new RangeError(`${title}: a ${part} has ${needed} bytes, its codec has ${given}`);
}
