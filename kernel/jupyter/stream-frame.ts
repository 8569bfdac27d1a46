import type { Output } from "./cell-messages.js";

/** What a cell printed: a cell may do so a hundred thousand times a second, so this payload is plain. */
export type StreamOutput = Output & { type: "stream" };

/** First byte of such a payload; one of structured clone begins with 0xff. */
const TAG = 0;
/** Tag, stream and number of the request; then the text. */
const TEXT_AT = 6;
const NAMES = ["stdout", "stderr"] as const;
const NO_PARENT = -1;

/**
 * Writes the payload of what was printed behind `start` bytes that are left free.
 *
 * @returns undefined for any other message, and for half a surrogate pair, which UTF-8 cannot carry
 */
export function encodeStreamOutput(message: unknown, start: number): Buffer | undefined {
  const { type, name, text, parent } = message as StreamOutput;
  if (type !== "stream" || !text.isWellFormed()) return undefined;
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(start + TEXT_AT + length);
  frame[start] = TAG;
  frame[start + 1] = NAMES.indexOf(name);
  frame.writeInt32LE(parent ?? NO_PARENT, start + 2);
  frame.write(text, start + TEXT_AT);
  return frame;
}

/** The message of a payload; undefined when it is of another kind. */
export function decodeStreamOutput(payload: Buffer): StreamOutput | undefined {
  if (payload[0] !== TAG) return undefined;
  const parent = payload.readInt32LE(2);
  const name = NAMES[payload[1]];
  const text = payload.toString("utf8", TEXT_AT);
  return { type: "stream", name, text, parent: parent === NO_PARENT ? undefined : parent };
}
