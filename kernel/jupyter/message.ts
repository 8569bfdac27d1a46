import {
  createHmac,
  createSecretKey,
  getHashes,
  type KeyObject,
  randomUUID,
  timingSafeEqual,
} from "node:crypto";
import { jsonSafe } from "../display/json-safe.js";

export const PROTOCOL_VERSION = "5.4";

const DELIMITER = "<IDS|MSG>";
/** Signatures that are remembered, so that a message that somebody recorded is not taken a second time. */
const REMEMBERED_SIGNATURES = 16_384;

export interface Header {
  msg_id: string;
  msg_type: string;
  username: string;
  session: string;
  /** ISO 8601. */
  date: string;
  version: string;
}

export type Content = Record<string, unknown>;

/** A message as it stands on the wire, decoded. */
export interface Message {
  /** Frames before the delimiter: whom to answer, or a topic. */
  identities: Uint8Array[];
  header: Header;
  parent: Header | Record<string, never>;
  metadata: Content;
  content: Content;
  buffers: Uint8Array[];
}

/** A message that cannot be trusted or read; it is never answered. */
export class MessageError extends Error {
  override readonly name = "MessageError";
}

/** Turns messages into frames and back, signing and checking with one key. */
export class MessageCodec {
  readonly #hash: string;
  /** Undefined: nothing is signed. */
  readonly #key: KeyObject | undefined;
  readonly #seen = new Set<string>();
  /** Id of this kernel's session, in every header it writes. */
  readonly session = randomUUID();

  /**
   * @param scheme `hmac-` and a hash; an empty key: nothing is signed
   * @throws {Error} when OpenSSL does not have the hash
   */
  constructor(key: string, scheme = "hmac-sha256") {
    this.#key = key ? createSecretKey(Buffer.from(key)) : undefined;
    this.#hash = scheme.replace(/^hmac-/, "");
    if (!getHashes().includes(this.#hash)) {
      throw new Error(`signature scheme "${scheme}" is not supported; hmac-sha256 is`);
    }
  }

  header(type: string): Header {
    return {
      msg_id: randomUUID(),
      msg_type: type,
      username: "kernel",
      session: this.session,
      date: new Date().toISOString(),
      version: PROTOCOL_VERSION,
    };
  }

  encode(message: Message): (string | Uint8Array)[] {
    const { header, parent, metadata, content } = message;
    const parts = [header, parent, metadata, content].map((part) => Buffer.from(jsonText(part)));
    return [...message.identities, DELIMITER, this.#sign(parts), ...parts, ...message.buffers];
  }

  /** @throws {MessageError} when the signature is wrong or was there before, or the frames are not a message */
  decode(frames: readonly Uint8Array[]): Message {
    const delimiter = frames.findIndex((frame) => Buffer.from(frame).equals(Buffer.from(DELIMITER)));
    const parts = frames.slice(delimiter + 2, delimiter + 6);
    if (delimiter < 0 || parts.length < 4) throw new MessageError("frames are not a Jupyter message");
    if (this.#key) this.#verify(Buffer.from(frames[delimiter + 1]), parts);
    const [header, parent, metadata, content] = parts.map(parsed);
    if (typeof header.msg_id !== "string" || typeof header.msg_type !== "string") {
      throw new MessageError("message has no msg_id or no msg_type");
    }
    return {
      identities: frames.slice(0, delimiter),
      header: header as unknown as Header,
      parent: parent as Message["parent"],
      metadata,
      content,
      buffers: frames.slice(delimiter + 6),
    };
  }

  #verify(given: Buffer, parts: readonly Uint8Array[]): void {
    const signature = this.#sign(parts);
    const expected = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new MessageError("message has a wrong signature");
    }
    if (this.#seen.has(signature)) throw new MessageError("message was received before");
    this.#seen.add(signature);
    if (this.#seen.size <= REMEMBERED_SIGNATURES) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      break;
    }
  }

  #sign(parts: readonly Uint8Array[]): string {
    if (!this.#key) return "";
    const hmac = createHmac(this.#hash, this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }
}

function parsed(part: Uint8Array): Content {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(part).toString());
  } catch (error) {
    throw new MessageError("message is not JSON", { cause: error });
  }
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new MessageError("a part of the message is not an object");
  }
  return (value ?? {}) as Content; // some clients write null for nothing
}

/** A half of a surrogate pair as JSON.stringify writes it, or an escaped backslash, which is none. */
const LONE_SURROGATE = /\\\\|\\ud[89a-f][0-9a-f]{2}/g;

/** JSON that every reader takes: Python's cannot write a lone surrogate on. */
function jsonText(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch {
    text = JSON.stringify(jsonSafe(value)); // something circular, or a bigint
  }
  if (!text.includes("\\ud")) return text;
  return text.replace(LONE_SURROGATE, (found) => (found === "\\\\" ? found : "\ufffd"));
}
