/** One field of a protobuf message. */
export interface Field {
  readonly number: number;
  /** Offset of the field's tag in the whole. */
  readonly at: number;
  /** Of a varint or fixed field; exact up to 2^53. */
  readonly value: number;
  /** The same 64 bits as a signed number; built only when asked for. */
  bigint(): bigint;
  /** Of a length-delimited field: where its bytes are. */
  readonly start: number;
  readonly end: number;
  readonly isBytes: boolean;
}

const TWO_32 = 2 ** 32;

/** Reads protobuf's wire format in place. What does not fit in the bytes is an error at a byte, never an allocation. */
export class ProtobufReader {
  #at = 0;
  #low = 0;
  #high = 0;
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    private readonly fail: (at: number, problem: string) => never,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The fields of the message in `[start, end)`. */
  *fields(start = 0, end = this.bytes.length): Generator<Field> {
    for (let next = start; next < end; ) {
      const at = next;
      this.#at = at;
      this.#varint(end);
      const tag = this.#low;
      const number = tag >>> 3;
      if (number === 0 || this.#high !== 0) this.fail(at, "expected a field's tag");
      let [from, to] = [this.#at, this.#at];
      const wire = tag & 7;
      if (wire === 0) this.#varint(end);
      else if (wire === 1) this.#fixed(8, end);
      else if (wire === 5) this.#fixed(4, end);
      else if (wire === 2) {
        this.#varint(end);
        const length = this.#unsigned();
        from = this.#at;
        to = from + length;
        if (to > end) this.fail(at, `expected a field of ${length} bytes, ${end - from} are left`);
      } else this.fail(at, `expected a wire type of 0, 1, 2 or 5, got ${wire}`);
      next = wire === 2 ? to : this.#at;
      const [low, high] = [this.#low, this.#high];
      yield {
        number,
        at,
        value: signed(low, high),
        bigint: () => signedBigint(low, high),
        start: from,
        end: to,
        isBytes: wire === 2,
      };
    }
  }

  /** The numbers of a repeated field, packed or one of them. */
  *numbers(field: Field): Generator<number> {
    if (!field.isBytes) {
      yield field.value;
      return;
    }
    for (let at = field.start; at < field.end; ) {
      this.#at = at;
      this.#varint(field.end);
      at = this.#at; // before others read on
      yield signed(this.#low, this.#high);
    }
  }

  /** The ids of a packed field: exact, and a bigint where a number would not be. */
  *ids(field: Field): Generator<number | bigint> {
    for (let at = field.start; at < field.end; ) {
      this.#at = at;
      this.#varint(field.end);
      at = this.#at;
      const value = signed(this.#low, this.#high);
      yield Number.isSafeInteger(value) ? value : signedBigint(this.#low, this.#high);
    }
  }

  /** The text of a length-delimited field. */
  text(field: Field): string {
    const { buffer, byteOffset } = this.bytes;
    return Buffer.from(buffer, byteOffset, this.bytes.length).toString("utf8", field.start, field.end);
  }

  #varint(end: number): void {
    const start = this.#at;
    this.#low = 0;
    this.#high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= end) this.fail(start, "expected a number, the message ends in it");
      const byte = this.bytes[this.#at++];
      if (shift < 28) this.#low += (byte & 0x7f) * 2 ** shift;
      else if (shift === 28) {
        this.#low = (this.#low + (byte & 0x0f) * 2 ** 28) >>> 0;
        this.#high = (byte & 0x7f) >>> 4;
      } else this.#high = (this.#high + (byte & 0x7f) * 2 ** (shift - 32)) % TWO_32;
      if (byte < 0x80) return;
    }
    this.fail(start, "expected a number of at most 10 bytes");
  }

  #fixed(size: 4 | 8, end: number): void {
    if (this.#at + size > end) this.fail(this.#at, `expected ${size} bytes, ${end - this.#at} are left`);
    this.#low = this.#view.getUint32(this.#at, true);
    this.#high = size === 8 ? this.#view.getUint32(this.#at + 4, true) : 0;
    this.#at += size;
  }

  #unsigned(): number {
    return this.#high * TWO_32 + this.#low;
  }
}

function signed(low: number, high: number): number {
  return (high | 0) * TWO_32 + low;
}

function signedBigint(low: number, high: number): bigint {
  return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
}
