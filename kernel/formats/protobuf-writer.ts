/** Writes protobuf's wire format. Fields that are 0, "" or empty are left out, as proto3 has it. */
export class ProtobufWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** A whole number, of any sign, up to 2^53. */
  number(field: number, value: number): this {
    if (value === 0) return this;
    return this.#varint(field * 8).#varint(value);
  }

  /** A repeated field of whole numbers, packed. */
  numbers(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    const packed = new ProtobufWriter();
    for (const value of values) packed.#varint(value);
    return this.#delimited(field, packed.finish());
  }

  /** A string of a repeated field: an empty one counts there. */
  text(field: number, text: string): this {
    return this.#delimited(field, Buffer.from(text, "utf8"));
  }

  message(field: number, message: ProtobufWriter): this {
    return this.#delimited(field, message.finish());
  }

  /** The bytes so far. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #delimited(field: number, bytes: Uint8Array): this {
    this.#varint(field * 8 + 2).#varint(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  #varint(value: number): this {
    this.#reserve(10);
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) {
      for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
        const isLast = rest < 0x80n;
        this.#bytes[this.#length++] = Number(rest & 0x7fn) | (isLast ? 0 : 0x80);
        if (isLast) return this;
      }
    }
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest % 128) | 0x80;
    this.#bytes[this.#length++] = rest;
    return this;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
