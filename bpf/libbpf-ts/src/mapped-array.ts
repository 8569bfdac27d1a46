import { BPF_F_MMAPABLE, type MapInfo } from "./map-info.js";
import { Memory, wholePages } from "./memory.js";
import { Resource } from "./resource.js";

/** A memory-mapped array map. Offsets are in bytes; each element starts at a multiple of `stride`. */
export class MappedArray extends Resource {
  /** In bytes: the value size rounded up to 8. */
  readonly stride: number;
  /** In bytes, all elements together. */
  readonly byteLength: number;
  readonly #memory: Memory;
  #bytes: Uint8Array | undefined;

  /** @internal */
  constructor(title: string, fd: number, info: MapInfo, owner: Resource, isWritable = true) {
    if (info.type !== "array" || (info.flags & BPF_F_MMAPABLE) === 0) {
      throw new TypeError(`${title} is not an array with BPF_F_MMAPABLE`);
    }
    // array_map_alloc, kernel/bpf/arraymap.c.
    const stride = Math.ceil(info.valueSize / 8) * 8;
    const byteLength = stride * info.maxEntries;
    const memory = new Memory(`map ${title}`, fd, wholePages(byteLength), 0, isWritable);
    super(`mapping of ${title}`, owner);
    this.stride = stride;
    this.byteLength = byteLength;
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory.buffer, 0, byteLength);
  }

  /** Writes `bytes` at `offset`; BPF may see them in any order while they are written. */
  write(offset: number, bytes: Uint8Array): void {
    this.#checked().set(bytes, offset);
  }

  /** Returns a copy of `length` bytes at `offset`. */
  read(offset: number, length: number): Uint8Array {
    const bytes = this.#checked();
    if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) {
      throw new RangeError(`${length} bytes at ${offset} are outside of ${bytes.length}`);
    }
    return bytes.slice(offset, offset + length);
  }

  /**
   * Lends the memory itself to `use`, and returns what that returns.
   *
   * The array, and every view of its buffer, must not be kept: reading it after close() crashes the process.
   */
  borrow<T>(use: (bytes: Uint8Array) => T): T {
    return use(this.#checked());
  }

  #checked(): Uint8Array {
    this.assertOpen();
    return this.#bytes!;
  }

  /** @internal */
  protected override release(): void {
    this.#bytes = undefined;
    this.#memory.unmap();
  }
}
