import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

export const PROTOCOL_VERSION = "5.4";

const DELIMITER = "<IDS|MSG>";

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
  readonly #key: string;
  /** Id of this kernel's session, in every header it writes. */
  readonly session = randomUUID();

  /** @param scheme `hmac-` and a hash; an empty key: nothing is signed */
  constructor(key: string, scheme = "hmac-sha256") {
    this.#key = key;
    this.#hash = scheme.replace(/^hmac-/, "");
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
    const parts = [header, parent, metadata, content].map((part) => Buffer.from(JSON.stringify(part)));
    return [...message.identities, DELIMITER, this.#sign(parts), ...parts, ...message.buffers];
  }

  /** @throws {MessageError} when the signature is wrong or the frames are not a message */
  decode(frames: readonly Uint8Array[]): Message {
    const delimiter = frames.findIndex((frame) => Buffer.from(frame).equals(Buffer.from(DELIMITER)));
    const parts = frames.slice(delimiter + 2, delimiter + 6);
    if (delimiter < 0 || parts.length < 4) throw new MessageError("frames are not a Jupyter message");
    const given = Buffer.from(frames[delimiter + 1]);
    const expected = Buffer.from(this.#sign(parts));
    if (this.#key && (given.length !== expected.length || !timingSafeEqual(given, expected))) {
      throw new MessageError("message has a wrong signature");
    }
    try {
      const [header, parent, metadata, content] = parts.map((part) =>
        JSON.parse(Buffer.from(part).toString()),
      );
      const identities = frames.slice(0, delimiter);
      return { identities, header, parent, metadata, content, buffers: frames.slice(delimiter + 6) };
    } catch (error) {
      throw new MessageError("message is not JSON", { cause: error });
    }
  }

  #sign(parts: readonly Uint8Array[]): string {
    if (!this.#key) return "";
    const hmac = createHmac(this.#hash, this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }
}
