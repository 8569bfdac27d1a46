import { writeSync } from "node:fs";
import type { Connection } from "./connection-file.js";
import { type Content, type Message, MessageCodec, MessageError } from "./message.js";
import { type Channel, Sockets } from "./sockets.js";

/** A request, with the ways to answer it. Everything published through it names it as the parent. */
export interface Request {
  readonly message: Message;
  readonly channel: Channel;
  readonly content: Content;
  /** Answers, once: what is said after the first answer is not sent. */
  reply(content: Content, metadata?: Content): void;
  publish(type: string, content: Content, metadata?: Content, buffers?: Uint8Array[]): void;
  /** Asks who made the request for input; returns the id of the `input_request`. */
  ask(content: Content): string;
}

/** Answers one type of request; the kernel is busy until the promise resolves. */
export type Handler = (request: Request) => void | Promise<void>;

/** Reads requests, calls their handlers, and says `busy` before and `idle` after each. */
export class Session {
  readonly #sockets = new Sockets();
  readonly #codec: MessageCodec;
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #onInput: (message: Message) => void;
  /** Requests under way, in the order in which they came. */
  readonly #active = new Set<Request>();

  /** @param onInput takes what comes on the stdin channel */
  constructor(
    connection: Connection,
    handlers: ReadonlyMap<string, Handler>,
    onInput: (message: Message) => void,
  ) {
    this.#codec = new MessageCodec(connection.key, connection.signature_scheme);
    this.#handlers = handlers;
    this.#onInput = onInput;
  }

  /** Listens, and answers until {@link close}. */
  async open(connection: Connection): Promise<void> {
    await this.#sockets.bind(connection);
    for (const channel of ["shell", "control"] as const) {
      void this.#sockets.receive(channel, (frames) => {
        const message = this.#decode(frames);
        if (message) void this.#answer(channel, message);
      });
    }
    void this.#sockets.receive("stdin", (frames) => {
      const message = this.#decode(frames);
      if (message) this.#onInput(message);
    });
    void this.#sockets.subscriptions((topic) => this.#welcome(topic));
    this.#publish("status", { execution_state: "starting" }, {});
  }

  /** While subscribers take less than is published: resolves when they have caught up. */
  get catchingUp(): Promise<void> | undefined {
    return this.#sockets.isBehind ? this.#sockets.flush() : undefined;
  }

  async close(): Promise<void> {
    await this.#sockets.close();
  }

  #decode(frames: Uint8Array[]): Message | undefined {
    try {
      return this.#codec.decode(frames);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      writeSync(2, `proflab: ${error.message}\n`); // the terminal: no cell is to blame
      return undefined;
    }
  }

  async #answer(channel: Channel, message: Message): Promise<void> {
    const request = this.#request(channel, message);
    this.#active.add(request);
    request.publish("status", { execution_state: "busy" });
    try {
      await (this.#handlers.get(message.header.msg_type) ?? refuse)(request);
    } catch (error) {
      request.reply(errorContent(error as Error));
    } finally {
      this.#active.delete(request);
      request.publish("status", { execution_state: "idle" });
      // Clients take the last status for the kernel's: a cell that still runs says so again.
      const [running] = this.#active;
      running?.publish("status", { execution_state: "busy" });
    }
  }

  #request(channel: Channel, message: Message): Request {
    const { identities, header, content } = message;
    const replyType = header.msg_type.replace(/_request$/, "_reply");
    let isAnswered = false;
    return {
      message,
      channel,
      content,
      reply: (answer, metadata = {}) => {
        if (isAnswered) return;
        isAnswered = true;
        const reply = this.#message(replyType, { status: "ok", ...answer }, header);
        this.#sockets.reply(channel, this.#codec.encode({ ...reply, metadata, identities }));
      },
      publish: (type, published, ...extra) => this.#publish(type, published, header, ...extra),
      ask: (asked) => {
        const message = { ...this.#message("input_request", asked, header), identities };
        this.#sockets.reply("stdin", this.#codec.encode(message));
        return message.header.msg_id;
      },
    };
  }

  #publish(
    type: string,
    content: Content,
    parent: Message["parent"],
    metadata: Content = {},
    buffers: Uint8Array[] = [],
  ): void {
    const identities = [Buffer.from(`kernel.${this.#codec.session}.${type}`)];
    const message = { ...this.#message(type, content, parent), metadata, buffers, identities };
    this.#sockets.publish(this.#codec.encode(message));
  }

  #welcome(topic: Uint8Array): void {
    const content = { subscription: Buffer.from(topic).toString() };
    const message = { ...this.#message("iopub_welcome", content, {}), identities: [topic] };
    this.#sockets.publish(this.#codec.encode(message));
  }

  #message(type: string, content: Content, parent: Message["parent"]): Message {
    return { identities: [], header: this.#codec.header(type), parent, metadata: {}, content, buffers: [] };
  }
}

/** Answers a request that this kernel does not know: a client that waits would wait for ever. */
const refuse: Handler = ({ message: { header }, reply }) => {
  if (!header.msg_type.endsWith("_request")) return;
  reply({
    status: "error",
    ename: "UnknownRequest",
    evalue: `this kernel does not know ${header.msg_type}`,
    traceback: [],
  });
};

function errorContent({ name, message, stack }: Error): Content {
  return { status: "error", ename: name, evalue: message, traceback: String(stack).split("\n") };
}
