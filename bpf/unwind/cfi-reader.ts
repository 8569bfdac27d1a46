/** Pointer encodings (LSB 5.0, "DWARF Extensions"): the format in bits 0..3, what it is relative to in bits 4..6. */
export const PE_OMIT = 0xff;
export const PE_ABSOLUTE = 0;
const PE_PC_RELATIVE = 0x10;
const PE_TEXT_RELATIVE = 0x20;
const PE_DATA_RELATIVE = 0x30;
const PE_ALIGNED = 0x50;
const PE_INDIRECT = 0x80;

/** LEB128 numbers of more than ten bytes, which no 64-bit number needs, are damage. */
const MAX_LEB_SCALE = 2 ** 64;

/** What encoded pointers may be relative to; `dereference` reads 8 bytes of the file at a virtual address. */
export interface PointerBases {
  text: number | undefined;
  data: number | undefined;
  dereference(address: number): number | undefined;
}

const NO_BASES: PointerBases = { text: undefined, data: undefined, dereference: () => undefined };

/**
 * A place in unwind data that moves with each read.
 *
 * Past the end it reads zeros and sets `failed`, which the caller asks for when it suits: nothing throws.
 */
export class CfiReader {
  at = 0;
  failed = false;
  readonly #view: DataView;

  /** `address` is the virtual address of the first byte. */
  constructor(
    readonly bytes: Uint8Array,
    readonly address = 0,
    readonly bases: PointerBases = NO_BASES,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(size: number): number {
    const at = this.at;
    if (at + size > this.bytes.length) {
      this.failed = true;
      this.at = this.bytes.length;
      return -1;
    }
    this.at = at + size;
    return at;
  }

  u8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.bytes[at];
  }

  u16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#view.getUint16(at, true);
  }

  s16(): number {
    return (this.u16() << 16) >> 16;
  }

  u32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#view.getUint32(at, true);
  }

  s32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#view.getInt32(at, true);
  }

  /** Above 2^53 the result is inexact, but still larger than any address or size that is accepted. */
  u64(): number {
    const at = this.#take(8);
    return at < 0 ? 0 : this.#view.getUint32(at + 4, true) * 0x1_0000_0000 + this.#view.getUint32(at, true);
  }

  s64(): number {
    const at = this.#take(8);
    return at < 0 ? 0 : this.#view.getInt32(at + 4, true) * 0x1_0000_0000 + this.#view.getUint32(at, true);
  }

  /** An unsigned LEB128 number; of more than 53 bits, inexact. */
  uleb(): number {
    let byte = this.u8();
    let value = byte & 0x7f;
    for (let scale = 0x80; byte >= 0x80; scale *= 0x80) {
      byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (scale > MAX_LEB_SCALE) {
        this.failed = true;
        return 0;
      }
    }
    return value;
  }

  /** A signed LEB128 number; of more than 53 bits, inexact. */
  sleb(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte < 0x80) return byte & 0x40 ? value - scale : value;
      if (scale > MAX_LEB_SCALE) {
        this.failed = true;
        return 0;
      }
    }
  }

  /** A pointer in the given encoding, or `undefined` where it cannot be known. */
  pointer(encoding: number): number | undefined {
    const relativeTo = encoding & 0x70;
    if (relativeTo === PE_ALIGNED) this.at += -(this.address + this.at) & 7;
    const place = this.address + this.at;
    const value = this.#formatted(encoding & 0xf);
    if (value === undefined || this.failed) return undefined;
    let base: number | undefined = 0;
    if (relativeTo === PE_PC_RELATIVE) base = place;
    else if (relativeTo === PE_TEXT_RELATIVE) base = this.bases.text;
    else if (relativeTo === PE_DATA_RELATIVE) base = this.bases.data;
    else if (relativeTo !== PE_ABSOLUTE && relativeTo !== PE_ALIGNED) base = undefined;
    if (base === undefined) return undefined;
    const address = base + value;
    return encoding & PE_INDIRECT ? this.bases.dereference(address) : address;
  }

  /** A number in the format part of an encoding. */
  #formatted(format: number): number | undefined {
    switch (format) {
      case 0:
      case 0xc:
        return this.s64();
      case 1:
        return this.uleb();
      case 2:
        return this.u16();
      case 3:
        return this.u32();
      case 4:
        return this.u64();
      case 9:
        return this.sleb();
      case 0xa:
        return this.s16();
      case 0xb:
        return this.s32();
      default:
        return undefined;
    }
  }
}
