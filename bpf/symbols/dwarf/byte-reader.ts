/** Value of a bit in the tenth byte of a LEB128 number: 64 bits need no more bytes. */
const MAX_LEB_SCALE = 2 ** 63;

/**
 * Reads the numbers of DWARF from bytes, each read checked against the end.
 *
 * A read over the end gives 0, sets `failed` and moves to the end, so that loops that run until the end stop. Numbers
 * above 2^53 are inexact, which no offset or address that is of use reaches.
 */
export class ByteReader {
  position = 0;
  failed = false;
  readonly end: number;

  /** Reads `bytes`, which stand at `base` in their section. */
  constructor(
    readonly bytes: Uint8Array,
    readonly base = 0,
  ) {
    this.end = bytes.length;
  }

  /** Place in the section. */
  get offset(): number {
    return this.base + this.position;
  }

  get atEnd(): boolean {
    return this.position >= this.end;
  }

  fail(): number {
    this.failed = true;
    this.position = this.end;
    return 0;
  }

  /** Moves on; a negative or a too large count fails. */
  skip(count: number): void {
    if (count >= 0 && count <= this.end - this.position) this.position += count;
    else this.fail();
  }

  /** Moves to a place in the section. */
  seek(offset: number): void {
    const position = offset - this.base;
    if (position >= 0 && position <= this.end) this.position = position;
    else this.fail();
  }

  u8(): number {
    return this.position < this.end ? this.bytes[this.position++] : this.fail();
  }

  i8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    return this.unsigned(2);
  }

  u32(): number {
    return this.unsigned(4);
  }

  u64(): number {
    return this.unsigned(8);
  }

  /** Reads a little-endian number of 1 to 8 bytes. */
  unsigned(size: number): number {
    const start = this.position;
    if (size > this.end - start) return this.fail();
    this.position = start + size;
    let value = 0;
    for (let i = start + size - 1; i >= start; i--) value = value * 256 + this.bytes[i];
    return value;
  }

  /** Reads an offset of the 32-bit or the 64-bit format. */
  sectionOffset(is64: boolean): number {
    return is64 ? this.u64() : this.u32();
  }

  uleb(): number {
    const { bytes, end } = this;
    // Nearly all numbers are of one byte.
    if (this.position < end && bytes[this.position] < 0x80) return bytes[this.position++];
    let value = 0;
    for (let scale = 1; this.position < end && scale <= MAX_LEB_SCALE; scale *= 128) {
      const byte = bytes[this.position++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return this.fail();
  }

  sleb(): number {
    const { bytes, end } = this;
    let value = 0;
    for (let scale = 1; this.position < end && scale <= MAX_LEB_SCALE; scale *= 128) {
      const byte = bytes[this.position++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return (byte & 0x40) !== 0 ? value - scale * 128 : value;
    }
    return this.fail();
  }

  skipLeb(): void {
    const { bytes, end } = this;
    while (this.position < end) if (bytes[this.position++] < 0x80) return;
    this.fail();
  }

  /** Moves behind the next zero byte. */
  skipString(): void {
    const zero = this.bytes.indexOf(0, this.position);
    if (zero < 0) this.fail();
    else this.position = zero + 1;
  }
}
