import { check, EINVAL, ENOENT, ENOSPC, ENOTSUPP, EOPNOTSUPP } from "./check.js";
import { type Codec, littleEndian } from "./codec.js";
import { libbpf } from "./ffi.js";

/** Elements per system call, and with this the size of the buffers. */
const chunkLength = 4096;

// What kernels say that lack the operation, altogether or for a type of map (bpf_map_do_batch, kernel/bpf/syscall.c).
const isUnsupported = (result: number): boolean => [-EINVAL, -ENOTSUPP, -EOPNOTSUPP].includes(result);

/** Many elements of a map per system call. */
export class MapBatch<K, V> {
  readonly #fd: number;
  readonly #title: string;
  readonly #key: Codec<K>;
  readonly #value: Codec<V>;
  readonly #maxEntries: number;

  constructor(fd: number, title: string, key: Codec<K>, value: Codec<V>, maxEntries: number) {
    this.#fd = fd;
    this.#title = title;
    this.#key = key;
    this.#value = value;
    this.#maxEntries = maxEntries;
  }

  setAll(keys: readonly K[], values: readonly V[]): void {
    if (keys.length !== values.length) {
      throw new RangeError(`${keys.length} keys but ${values.length} values for ${this.#title}`);
    }
    this.setPacked(pack(keys, this.#key), pack(values, this.#value));
  }

  setPacked(keys: Uint8Array, values: Uint8Array): void {
    const [keySize, valueSize] = [this.#key.size, this.#value.size];
    const total = keys.length / keySize;
    if (!Number.isInteger(total) || values.length !== total * valueSize) {
      throw new RangeError(
        `${this.#title}: ${keys.length} bytes of keys of ${keySize} do not go with ` +
          `${values.length} bytes of values of ${valueSize}`,
      );
    }
    for (let done = 0; done < total; done += chunkLength) {
      const length = Math.min(chunkLength, total - done);
      const someKeys = keys.subarray(done * keySize, (done + length) * keySize);
      const someValues = values.subarray(done * valueSize, (done + length) * valueSize);
      const result = libbpf().bpf_map_update_batch(this.#fd, someKeys, someValues, counter(length), null);
      if (isUnsupported(result)) this.#setOneByOne(someKeys, someValues, length);
      else check(`update ${this.#title}`, result);
    }
  }

  /** Sets every element of an array to zero. */
  zero(): void {
    for (let first = 0; first < this.#maxEntries; first += chunkLength) {
      const length = Math.min(chunkLength, this.#maxEntries - first);
      const keys = Uint32Array.from({ length }, (_, index) => first + index);
      this.setPacked(new Uint8Array(keys.buffer), new Uint8Array(this.#value.size * length));
    }
  }

  #setOneByOne(keys: Uint8Array, values: Uint8Array, length: number): void {
    const [keySize, valueSize] = [this.#key.size, this.#value.size];
    for (let i = 0; i < length; i++) {
      const key = keys.subarray(i * keySize, (i + 1) * keySize);
      const value = values.subarray(i * valueSize, (i + 1) * valueSize);
      check(`update ${this.#title}`, libbpf().bpf_map_update_elem(this.#fd, key, value, 0));
    }
  }

  /** Undefined where there is no such operation. */
  getAll(): [K, V][] | undefined {
    let length = Math.min(chunkLength, this.#maxEntries);
    const entries: [K, V][] = [];
    // The kernel keeps its position in it: a bucket's number, an index or a key, by type of map.
    let position: Uint8Array | null = null;
    for (;;) {
      const keys = new Uint8Array(length * this.#key.size);
      const values = new Uint8Array(length * this.#value.size);
      const next = new Uint8Array(Math.max(8, this.#key.size));
      const count = counter(length);
      const result = libbpf().bpf_map_lookup_batch(this.#fd, position, next, keys, values, count, null);
      if (result === -ENOSPC) {
        length *= 2; // one bucket holds more than that
        continue;
      }
      if (isUnsupported(result) && position === null) return undefined;
      if (result !== -ENOENT) check(`look up in ${this.#title}`, result);
      const found = new DataView(count.buffer).getUint32(0, littleEndian);
      for (let i = 0; i < found; i++) {
        const key = new DataView(keys.buffer, i * this.#key.size, this.#key.size);
        const value = new DataView(values.buffer, i * this.#value.size, this.#value.size);
        entries.push([this.#key.read(key), this.#value.read(value)]);
      }
      if (result === -ENOENT) return entries;
      position = next;
    }
  }
}

const counter = (length: number): Uint8Array => new Uint8Array(Uint32Array.of(length).buffer);

function pack<T>(items: readonly T[], codec: Codec<T>): Uint8Array {
  const packed = new Uint8Array(items.length * codec.size);
  items.forEach((item, index) => {
    codec.write(new DataView(packed.buffer, index * codec.size, codec.size), item);
  });
  return packed;
}
