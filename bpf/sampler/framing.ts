/** The largest header that a frame can announce: nothing that the protocol says comes near it. */
const MAX_HEADER_BYTES = 16 << 20;

/** The largest frame: what one buffer of the peer holds. */
export const MAX_FRAME_BYTES = 2 ** 31 - 1;

/** Thrown for bytes that are no frame of the protocol; the connection cannot go on. */
export class FramingError extends Error {
  override name = "FramingError";
}

/**
 * A frame as it goes over the socket: `u32 length | u32 header length | header | payload`, little-endian.
 *
 * @throws {FramingError} for more than {@link MAX_FRAME_BYTES}
 */
export function encodeFrame(header: object, payload: readonly Uint8Array[] = []): Uint8Array[] {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const payloadBytes = payload.reduce((sum, part) => sum + part.byteLength, 0);
  const length = 4 + json.byteLength + payloadBytes;
  if (length > MAX_FRAME_BYTES)
    throw new FramingError(`${length} bytes are more than fit in one frame (${MAX_FRAME_BYTES})`);
  const lengths = new DataView(new ArrayBuffer(8));
  lengths.setUint32(0, length, true);
  lengths.setUint32(4, json.byteLength, true);
  return [new Uint8Array(lengths.buffer), json, ...payload];
}

/** Cuts a byte stream into frames; give it each chunk as it comes. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #have = 0;

  /**
   * @param maxBytes largest frame accepted, so that a hostile peer cannot make us keep more
   * @param onFrame called once a frame with the parsed header and a copy of the payload
   */
  constructor(
    private readonly maxBytes: number,
    private readonly onFrame: (header: Record<string, unknown>, payload: Uint8Array) => void,
  ) {}

  /** @throws {FramingError} for a frame over the limit, a broken length, or a header that is no JSON object */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#have += chunk.byteLength;
    for (;;) {
      if (this.#have < 4) return;
      const length = this.#peekU32();
      if (length < 4 || length > this.maxBytes)
        throw new FramingError(`frame of ${length} bytes, ${this.maxBytes} is the most`);
      if (this.#have < 4 + length) return;
      const frame = this.#take(4 + length).subarray(4);
      const headerBytes = new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
      if (headerBytes > Math.min(length - 4, MAX_HEADER_BYTES))
        throw new FramingError("header over the frame's end");
      this.onFrame(
        parseHeader(frame.subarray(4, 4 + headerBytes)),
        new Uint8Array(frame.subarray(4 + headerBytes)),
      );
    }
  }

  #peekU32(): number {
    if (this.#chunks[0].byteLength < 4) this.#chunks = [concat(this.#chunks, this.#have)];
    const first = this.#chunks[0];
    return new DataView(first.buffer, first.byteOffset).getUint32(0, true);
  }

  #take(bytes: number): Uint8Array {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : concat(this.#chunks, this.#have);
    this.#have -= bytes;
    this.#chunks = this.#have > 0 ? [all.subarray(bytes)] : [];
    return all.subarray(0, bytes);
  }
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FramingError("the header is no JSON", { cause });
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw new FramingError("the header is no JSON object");
  return header as Record<string, unknown>;
}

function concat(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}
