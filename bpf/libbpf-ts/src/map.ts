import { check, ENOENT } from "./check.js";
import type { Codec } from "./codec.js";
import { libbpf } from "./ffi.js";
import { MapBatch } from "./map-batch.js";
import type { MapInfo } from "./map-info.js";
import { MappedArray } from "./mapped-array.js";
import { Descriptor, type Resource } from "./resource.js";

/** Whether set() may create or replace: BPF_ANY, BPF_NOEXIST, BPF_EXIST. */
export type SetMode = "any" | "noexist" | "exist";
const setModes: Record<SetMode, number> = { any: 0, noexist: 1, exist: 2 };

/** A BPF map with one value per key. Keys and values are copied in and out. */
export class BpfMap<K = Uint8Array, V = Uint8Array> extends Descriptor {
  /** What the kernel says of it. */
  readonly info: MapInfo;
  readonly #key: Codec<K>;
  readonly #value: Codec<V>;
  readonly #keyBytes: Uint8Array;
  readonly #valueBytes: Uint8Array;
  readonly #keyView: DataView;
  readonly #valueView: DataView;

  /** @internal `value` covers what the kernel copies, which for a per-CPU map is every CPU's value. */
  constructor(title: string, fd: number, info: MapInfo, key: Codec<K>, value: Codec<V>, lender?: Resource) {
    super(title, fd, { lender });
    this.info = info;
    this.#key = key;
    this.#value = value;
    this.#keyBytes = new Uint8Array(key.size);
    this.#valueBytes = new Uint8Array(value.size);
    this.#keyView = new DataView(this.#keyBytes.buffer);
    this.#valueView = new DataView(this.#valueBytes.buffer);
  }

  /** Returns the value, or undefined where there is none. Elements of an array always exist. */
  get(key: K): V | undefined {
    this.#key.write(this.#keyView, key);
    const result = libbpf().bpf_map_lookup_elem(this.fd, this.#keyBytes, this.#valueBytes);
    if (result === -ENOENT) return undefined;
    check(`look up in ${this.title}`, result);
    return this.#value.read(this.#valueView);
  }

  /** Stores a value. A full map is a BpfError with code E2BIG, a refused `mode` one with EEXIST or ENOENT. */
  set(key: K, value: V, mode: SetMode = "any"): this {
    this.#key.write(this.#keyView, key);
    this.#value.write(this.#valueView, value);
    const flags = setModes[mode];
    check(
      `update ${this.title}`,
      libbpf().bpf_map_update_elem(this.fd, this.#keyBytes, this.#valueBytes, flags),
    );
    return this;
  }

  /** Removes a key; false when it was not there. Elements of arrays cannot be removed. */
  delete(key: K): boolean {
    this.#key.write(this.#keyView, key);
    const result = libbpf().bpf_map_delete_elem(this.fd, this.#keyBytes);
    if (result === -ENOENT) return false;
    check(`delete from ${this.title}`, result);
    return true;
  }

  /** Tells whether the key has a value. */
  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  /**
   * Yields the keys in the kernel's order.
   *
   * The next key is fetched before a key is yielded, so deleting the key just yielded is safe. When something
   * else deletes the one fetched, the kernel starts over: keys may then come twice or not at all. At most
   * `info.maxEntries` keys are yielded, so the loop ends whatever BPF does to the map meanwhile.
   */
  *keys(): Generator<K, void> {
    let key = this.#nextKey(null);
    for (let count = 0; key !== undefined && count < this.info.maxEntries; count++) {
      const next = this.#nextKey(key);
      yield this.#key.read(new DataView(key.buffer));
      key = next;
    }
  }

  #nextKey(key: Uint8Array | null): Uint8Array | undefined {
    const next = new Uint8Array(this.#key.size);
    const result = libbpf().bpf_map_get_next_key(this.fd, key, next);
    if (result === -ENOENT) return undefined;
    check(`iterate over ${this.title}`, result);
    return next;
  }

  /** Yields keys with their values, as keys() does; a key that went away meanwhile is left out. */
  *entries(): Generator<[K, V], void> {
    for (const key of this.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  /** The same as keys(). */
  [Symbol.iterator](): Generator<K, void> {
    return this.keys();
  }

  /** Removes every key; sets every element of an array to zero. Keys that BPF adds meanwhile may stay. */
  clear(): void {
    if (this.info.type === "array" || this.info.type === "percpu-array") this.#batch().zero();
    else for (const key of [...this.keys()]) this.delete(key);
  }

  /** Returns every key with its value, many per system call where kernel and map type can (Linux 5.6). */
  getBatch(): [K, V][] {
    return this.#batch().getAll() ?? [...this.entries()];
  }

  /** Stores many values, many per system call where kernel and map type can (Linux 5.6). */
  setBatch(keys: readonly K[], values: readonly V[]): void {
    this.#batch().setAll(keys, values);
  }

  /** The same as setBatch for keys and values that lie one after the other, without padding, in two arrays. */
  setPacked(keys: Uint8Array, values: Uint8Array): void {
    this.#batch().setPacked(keys, values);
  }

  #batch(): MapBatch<K, V> {
    return new MapBatch(this.fd, this.title, this.#key, this.#value, this.info.maxEntries);
  }

  /**
   * Maps an array that was made with BPF_F_MMAPABLE; BPF sees each write at once.
   *
   * It is closed with the object that the map came from, or with close().
   */
  mmap(): MappedArray {
    return new MappedArray(this.title, this.fd, this.info, this.holder);
  }
}
