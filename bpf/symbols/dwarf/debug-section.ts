import type { OpenFile } from "../open-file.js";
import { ByteReader } from "./byte-reader.js";

/** Sections up to this size are read whole at first use: reading is cheaper than keeping account of parts. */
const SMALL_BYTES = 4 << 20;

/** Of larger ones some chunks are kept, and some of the larger parts that were read, up to a number of bytes. */
const CHUNK_BYTES = 16 << 10;
const CHUNKS = 64;
const PARTS = 8;
const PARTS_BYTES = 8 << 20;

/** Sizes of the windows that are tried, smallest first, until what is parsed lies in one. */
const WINDOW_BYTES = [512, CHUNK_BYTES, 1 << 20, 16 << 20];

/** Longest string, in bytes; longer ones are cut. */
const MAX_STRING_BYTES = 16 << 10;

const EMPTY = new Uint8Array(0);

/** A debug section, of which parts are read when they are asked for; those read last are kept. */
export class DebugSection {
  readonly #chunks = new Map<number, Uint8Array>();
  /** Larger parts, the last first: after a whole unit was parsed, single entries of it are read. */
  readonly #parts: { offset: number; bytes: Uint8Array }[] = [];
  #whole?: Uint8Array;

  private constructor(
    readonly size: number,
    private readonly read: (offset: number, length: number) => Uint8Array,
  ) {}

  static empty(): DebugSection {
    return DebugSection.inMemory(EMPTY);
  }

  static inMemory(bytes: Uint8Array): DebugSection {
    const section = new DebugSection(bytes.length, () => EMPTY);
    section.#whole = bytes;
    return section;
  }

  static inFile(file: OpenFile, start: number, size: number): DebugSection {
    return new DebugSection(size, (offset, length) => file.read(start + offset, length));
  }

  /** Gives up to `length` bytes; fewer at the end. They are not to be written to. */
  bytes(offset: number, length: number): Uint8Array {
    if (!(offset >= 0) || !(offset < this.size)) return EMPTY;
    const available = Math.min(length, this.size - offset);
    if (this.size <= SMALL_BYTES) this.#whole ??= this.read(0, this.size);
    if (this.#whole) return this.#whole.subarray(offset, offset + available);
    for (const part of this.#parts) {
      const start = offset - part.offset;
      if (start >= 0 && start + available <= part.bytes.length)
        return part.bytes.subarray(start, start + available);
    }
    const index = Math.floor(offset / CHUNK_BYTES);
    const start = offset - index * CHUNK_BYTES;
    // What crosses chunks is read by itself: joining them would copy it twice.
    if (start + available > CHUNK_BYTES) return this.#part(offset, available);
    return this.#chunk(index).subarray(start, start + available);
  }

  /**
   * Parses what begins at an offset and has an unknown size.
   *
   * `parse` may run more than once, so it keeps what it finds to itself until it returns. Gives nothing when the reader
   * fails in the largest window, too.
   *
   * @param likelyBytes smaller windows are not tried
   */
  parse<T>(offset: number, parse: (reader: ByteReader) => T, likelyBytes = 0): T | undefined {
    for (const length of WINDOW_BYTES) {
      if (length < likelyBytes) continue;
      const reader = new ByteReader(this.bytes(offset, length), offset);
      const result = parse(reader);
      if (!reader.failed) return result;
      if (reader.end < length) return undefined;
    }
    return undefined;
  }

  /** Reads a number of 1 to 8 bytes; nothing when it is not in the section. */
  unsigned(offset: number, size: number): number | undefined {
    const bytes = this.bytes(offset, size);
    return bytes.length === size ? new ByteReader(bytes).unsigned(size) : undefined;
  }

  /** Reads a string that ends with a zero byte. */
  string(offset: number): string {
    for (const length of [128, MAX_STRING_BYTES]) {
      const bytes = this.bytes(offset, length);
      const end = bytes.indexOf(0);
      if (end < 0 && bytes.length === length && length < MAX_STRING_BYTES) continue;
      return Buffer.from(bytes.buffer, bytes.byteOffset, end < 0 ? bytes.length : end).toString("utf8");
    }
    return "";
  }

  #part(offset: number, length: number): Uint8Array {
    const bytes = this.read(offset, length);
    if (length <= CHUNK_BYTES || length > PARTS_BYTES) return bytes;
    this.#parts.unshift({ offset, bytes });
    let sum = this.#parts.reduce((bytes, part) => bytes + part.bytes.length, 0);
    while (sum > PARTS_BYTES || this.#parts.length > PARTS) sum -= this.#parts.pop()?.bytes.length ?? sum;
    return bytes;
  }

  #chunk(index: number): Uint8Array {
    const known = this.#chunks.get(index);
    if (known) return known;
    const start = index * CHUNK_BYTES;
    const chunk = this.read(start, Math.min(CHUNK_BYTES, this.size - start));
    const oldest = this.#chunks.keys().next().value;
    if (this.#chunks.size >= CHUNKS && oldest !== undefined) this.#chunks.delete(oldest);
    this.#chunks.set(index, chunk);
    return chunk;
  }
}
