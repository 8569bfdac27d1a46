import { writeSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import { decodeStreamOutput, encodeStreamOutput } from "./stream-frame.js";

/** A frame is its payload's length, in 4 bytes, and the payload: a value as structured clone writes it, or what was printed. */
const HEADER_BYTES = 4;

/** One message as bytes. @throws {DataCloneError} for what has no structured clone, a function say */
export function encodeFrame(message: unknown): Buffer {
  const printed = encodeStreamOutput(message, HEADER_BYTES);
  if (printed) {
    printed.writeUInt32LE(printed.length - HEADER_BYTES);
    return printed;
  }
  const payload = serialize(message);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  frame.writeUInt32LE(payload.length);
  payload.copy(frame, HEADER_BYTES);
  return frame;
}

/** Finds messages in what arrives piece by piece. */
export class FrameReader<Message> {
  readonly #receive: (message: Message) => void;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(receive: (message: Message) => void) {
    this.#receive = receive;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    for (;;) {
      if (this.#bytes < HEADER_BYTES) return;
      const first = this.#chunks[0].length < HEADER_BYTES ? this.#joined() : this.#chunks[0];
      const end = HEADER_BYTES + first.readUInt32LE();
      if (this.#bytes < end) return;
      const whole = first.length < end ? this.#joined() : first;
      const rest = whole.subarray(end);
      if (rest.length > 0) this.#chunks[0] = rest;
      else this.#chunks.shift();
      this.#bytes -= end;
      const payload = whole.subarray(HEADER_BYTES, end);
      this.#receive((decodeStreamOutput(payload) ?? deserialize(payload)) as Message);
    }
  }

  #joined(): Buffer {
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }
}

/**
 * Writes messages to a descriptor and returns when the system has them: what the writer said before it died arrives, and
 * who writes faster than the other side reads waits.
 */
export class BlockingFrameWriter {
  readonly #fd: number;
  /** Frames that are not written whole: an interrupt may end this thread's work between two parts of one. */
  #rest: Buffer[] = [];

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(message: unknown): void {
    this.#rest.push(encodeFrame(message));
    while (this.#rest.length > 0) {
      const part = this.#rest[0];
      // Taken out first: a write that is interrupted was done whole, and must not be done again.
      this.#rest.shift();
      const written = this.#write(part);
      if (written < part.length) this.#rest.unshift(part.subarray(written));
    }
  }

  #write(part: Buffer): number {
    try {
      return writeSync(this.#fd, part);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EAGAIN") return 0;
      if (code === "EPIPE") return part.length; // the kernel has gone; this process follows it
      throw error;
    }
  }
}
