import type { OpenFile } from "./open-file.js";

const BLOCK_BYTES = 256 << 10;
/** Most that is read of one file: a quarter of a second. */
const MAX_READ_BYTES = 256 << 20;

/** Goes through the records of a file, of which only the beginnings are looked at, block by block. */
export class RecordReader {
  #blockAt = 0;
  #block: DataView<ArrayBufferLike> = new DataView(new ArrayBuffer(0));

  #readBytes = 0;

  /** @param at where the first record begins */
  constructor(
    private readonly file: OpenFile,
    private at: number,
    private readonly isLittle: boolean,
  ) {}

  /** Makes the first bytes of the record readable; false when the file does not have them. */
  need(bytes: number): boolean {
    if (this.at < this.#blockAt || this.at + bytes > this.#blockAt + this.#block.byteLength) {
      if (this.#readBytes > MAX_READ_BYTES) return false;
      const block = this.file.read(this.at, Math.max(bytes, BLOCK_BYTES));
      this.#readBytes += block.length;
      this.#blockAt = this.at;
      this.#block = new DataView(block.buffer, 0, block.length);
    }
    return this.at + bytes <= this.#blockAt + this.#block.byteLength;
  }

  /** Reads 32 bits; 0 where the file has become shorter. */
  u32(offset: number): number {
    const at = this.at - this.#blockAt + offset;
    return at + 4 <= this.#block.byteLength ? this.#block.getUint32(at, this.isLittle) : 0;
  }

  /** Reads 64 bits; inexact above 2^53. */
  u64(offset: number): number {
    const [low, high] = this.isLittle ? [offset, offset + 4] : [offset + 4, offset];
    return this.u32(high) * 0x1_0000_0000 + this.u32(low);
  }

  /** Where in the file the record's bytes from `offset` up to `end` are. */
  place(offset: number, end: number): { at: number; bytes: number } {
    return { at: this.at + offset, bytes: Math.max(0, end - offset) };
  }

  /** Goes on to the next record. */
  skip(bytes: number): void {
    this.at += bytes;
  }
}
