/** Kinds of messages of an Arrow stream (Apache Arrow, format/Message.fbs). */
const SCHEMA = 1;
const DICTIONARY_BATCH = 2;
const RECORD_BATCH = 3;
/** Types whose decoding follows sizes that are not checked here: unions, run-end-encoded and view types. */
const REFUSED = new Set([14, 22, 25, 26]);
const MAX_FIELDS = 10_000;
const MAX_DEPTH = 16;

type Fail = (at: number, problem: string) => never;

/**
 * Checks that every size which an Arrow stream claims fits in it, before a decoder trusts them: of messages, of the vectors
 * in their flatbuffers, of buffers and batches. Gives the byte after the last message.
 */
export function checkArrowStream(bytes: Uint8Array, fail: Fail): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let messages = 0;
  while (at + 4 <= bytes.length) {
    const start = at;
    let size = view.getInt32(at, true);
    at += 4;
    if (size === -1) {
      if (at + 4 > bytes.length) fail(at, "expected the size of a message");
      size = view.getInt32(at, true);
      at += 4;
    }
    if (size === 0) return at;
    if (size < 8 || at + size > bytes.length)
      fail(start, `expected a message of ${size} bytes, ${bytes.length - at} are left`);
    const message = new Flatbuffer(view, at, at + size, fail);
    const bodyLength = checkMessage(message, messages++ === 0);
    at += size;
    if (at + bodyLength > bytes.length)
      fail(start, `expected a body of ${bodyLength} bytes, ${bytes.length - at} are left`);
    at += bodyLength;
  }
  return at;
}

function checkMessage(message: Flatbuffer, isFirst: boolean): number {
  const root = message.follow(message.start);
  const kind = message.field(root, 1, 1);
  const bodyAt = message.field(root, 3, 8);
  const bodyLength = bodyAt === 0 ? 0 : message.size(bodyAt);
  const header = message.table(root, 2);
  const type = kind === 0 ? 0 : message.byte(kind);
  if (isFirst !== (type === SCHEMA)) message.fail(message.start, "expected one schema, before all batches");
  if (header === 0) message.fail(message.start, "expected a header");
  if (type === SCHEMA) checkSchema(message, header);
  else if (type === RECORD_BATCH) checkBatch(message, header, bodyLength);
  else if (type === DICTIONARY_BATCH) {
    const data = message.table(header, 1);
    if (data === 0) message.fail(header, "expected the data of a dictionary");
    message.field(header, 0, 8);
    checkBatch(message, data, bodyLength);
  } else message.fail(message.start, `expected a schema, a dictionary or a batch, got message type ${type}`);
  return bodyLength;
}

function checkSchema(message: Flatbuffer, schema: number): void {
  checkMetadata(message, schema, 2);
  message.vector(schema, 3, 8);
  let fields = 0;
  const visit = (field: number, depth: number): void => {
    if (++fields > MAX_FIELDS || depth > MAX_DEPTH)
      message.fail(field, `expected at most ${MAX_FIELDS} fields, ${MAX_DEPTH} deep`);
    message.vector(field, 0, 1);
    const type = message.field(field, 2, 1);
    if (type !== 0 && REFUSED.has(message.byte(type)))
      message.fail(type, "expected no unions and no run-end-encoded columns");
    message.table(field, 3);
    const encoding = message.table(field, 4);
    if (encoding !== 0) message.table(encoding, 1);
    for (const child of message.tables(field, 5)) visit(child, depth + 1);
    checkMetadata(message, field, 6);
  };
  for (const field of message.tables(schema, 1)) visit(field, 0);
}

function checkMetadata(message: Flatbuffer, table: number, index: number): void {
  for (const pair of message.tables(table, index)) {
    message.vector(pair, 0, 1);
    message.vector(pair, 1, 1);
  }
}

function checkBatch(message: Flatbuffer, batch: number, bodyLength: number): void {
  const lengthAt = message.field(batch, 0, 8);
  const limit = 8 * bodyLength; // a bit a row, at least
  if (lengthAt !== 0 && message.size(lengthAt) > limit)
    message.fail(lengthAt, `expected at most ${limit} rows in its body`);
  const nodes = message.vector(batch, 1, 16);
  for (let i = 0; i < nodes.length; i++) {
    const at = nodes.start + 16 * i;
    if (message.size(at) > limit) message.fail(at, `expected at most ${limit} rows in its body`);
  }
  const buffers = message.vector(batch, 2, 16);
  for (let i = 0; i < buffers.length; i++) {
    const at = buffers.start + 16 * i;
    if (message.size(at) + message.size(at + 8) > bodyLength)
      message.fail(at, `expected a buffer in a body of ${bodyLength} bytes`);
  }
  if (message.table(batch, 3) !== 0)
    message.fail(batch, "expected uncompressed buffers: write them so, in pyarrow with compression=None");
  message.vector(batch, 4, 8);
}

/** Flatbuffer tables, each offset checked. 0 stands for a field that is not there. */
class Flatbuffer {
  constructor(
    private readonly view: DataView,
    readonly start: number,
    private readonly end: number,
    readonly fail: Fail,
  ) {}

  /** Where the offset at this place leads. */
  follow(at: number): number {
    this.#check(at, 4);
    const to = at + this.view.getUint32(at, true);
    this.#check(to, 4);
    return to;
  }

  /** Place of a field of `width` bytes. */
  field(table: number, index: number, width: number): number {
    const vtable = table - this.view.getInt32(table, true);
    this.#check(vtable, 4);
    const entry = 4 + 2 * index;
    const size = this.view.getUint16(vtable, true);
    this.#check(vtable, Math.max(4, size));
    if (entry + 2 > size) return 0;
    const offset = this.view.getUint16(vtable + entry, true);
    if (offset === 0) return 0;
    this.#check(table + offset, width);
    return table + offset;
  }

  table(table: number, index: number): number {
    const at = this.field(table, index, 4);
    return at === 0 ? 0 : this.follow(at);
  }

  vector(table: number, index: number, width: number): { start: number; length: number } {
    const at = this.table(table, index);
    if (at === 0) return { start: 0, length: 0 };
    const length = this.view.getUint32(at, true);
    this.#check(at + 4, length * width);
    return { start: at + 4, length };
  }

  tables(table: number, index: number): number[] {
    const { start, length } = this.vector(table, index, 4);
    return Array.from({ length }, (_, i) => this.follow(start + 4 * i));
  }

  byte(at: number): number {
    return this.view.getUint8(at);
  }

  /** A number of 64 bits that is a size. */
  size(at: number): number {
    const value = this.view.getInt32(at + 4, true) * 2 ** 32 + this.view.getUint32(at, true);
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) this.fail(at, `expected a size, got ${value}`);
    return value;
  }

  #check(at: number, size: number): void {
    if (at < this.start || at + size > this.end)
      this.fail(Math.max(0, at), "expected an offset within its message");
  }
}
