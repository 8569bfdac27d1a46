import { setTimeout as sleep } from "node:timers/promises";
import { Reply, Router, XPublisher } from "zeromq";
import { type Connection, endpoint } from "./connection-file.js";

type Frames = (string | Uint8Array)[];

/** Sockets on which clients ask and are answered. */
export type Channel = "shell" | "control" | "stdin";

/** First byte of what a subscriber sends. */
const SUBSCRIBE = 1;

/** Published messages that wait in ZeroMQ for a subscriber; the next ones wait in this process, and who makes them is told. */
const MAX_QUEUED_MESSAGES = 500;
/** A subscriber that takes nothing for so long loses messages from then on, so that the others get them. */
const STUCK_MS = 10_000;
const RETRY_MS = 5;
/** How long the end waits for subscribers. */
const CLOSE_MS = 5000;
/** How long what is said last may take to leave, once the sockets are closed and this process ends. Who is gone is not waited for. */
const LINGER_MS = 10_000;
const MAX_PENDING_BYTES = 16 << 20;

/** The five sockets of a kernel. Sends are queued: ZeroMQ refuses a second send before the first is done. */
export class Sockets {
  readonly #shell = new Router({ linger: LINGER_MS });
  readonly #control = new Router({ linger: LINGER_MS });
  readonly #stdin = new Router({ linger: 0 });
  readonly #routers = { shell: this.#shell, control: this.#control, stdin: this.#stdin };
  readonly #iopub = new XPublisher({
    linger: LINGER_MS,
    sendHighWaterMark: MAX_QUEUED_MESSAGES,
    noDrop: true,
    verbosity: "allSubs", // also a subscription that another client already has
    sendTimeout: 0,
  });
  readonly #heartbeat = new Reply({ linger: 0 });
  readonly #sent = new Map<Router | XPublisher, Promise<void>>();
  #isOpen = true;
  #closesAtMs = Number.POSITIVE_INFINITY;
  /** Bytes that ZeroMQ has not taken yet. */
  #pendingBytes = 0;

  /** Listens on all ports. @throws when one is taken */
  async bind(connection: Connection): Promise<void> {
    await Promise.all([
      this.#shell.bind(endpoint(connection, connection.shell_port)),
      this.#control.bind(endpoint(connection, connection.control_port)),
      this.#stdin.bind(endpoint(connection, connection.stdin_port)),
      this.#iopub.bind(endpoint(connection, connection.iopub_port)),
      this.#heartbeat.bind(endpoint(connection, connection.hb_port)),
    ]);
    void this.#echoHeartbeats();
  }

  /** Calls `receive` with the frames of each request, in order, until the sockets are closed. */
  async receive(channel: Channel, receive: (frames: Uint8Array[]) => void): Promise<void> {
    for await (const frames of this.#routers[channel]) receive(frames);
  }

  /** Calls `welcome` with the topic of each new subscription to iopub. */
  async subscriptions(welcome: (topic: Uint8Array) => void): Promise<void> {
    for await (const [frame] of this.#iopub) {
      if (frame[0] === SUBSCRIBE) welcome(frame.subarray(1));
    }
  }

  reply(channel: Channel, frames: Frames): void {
    this.#send(this.#routers[channel], frames);
  }

  publish(frames: Frames): void {
    this.#send(this.#iopub, frames);
  }

  /** Whether more is published than subscribers take: {@link flush} tells when to go on. */
  get isBehind(): boolean {
    return this.#pendingBytes > MAX_PENDING_BYTES;
  }

  /** Resolves when everything so far is handed to ZeroMQ. */
  async flush(): Promise<void> {
    await Promise.all(this.#sent.values());
  }

  /** Sends what is queued, then closes. */
  async close(): Promise<void> {
    this.#closesAtMs = Date.now() + CLOSE_MS;
    await this.flush();
    this.#isOpen = false;
    for (const socket of [this.#shell, this.#control, this.#stdin, this.#iopub, this.#heartbeat])
      socket.close();
  }

  #send(socket: Router | XPublisher, frames: Frames): void {
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    this.#pendingBytes += bytes;
    const before = this.#sent.get(socket) ?? Promise.resolve();
    const sent = before.then(() => (this.#isOpen ? this.#hand(socket, frames) : undefined));
    const done = () => {
      this.#pendingBytes -= bytes;
    };
    // A client that left cannot be answered; the others must be.
    this.#sent.set(socket, sent.then(done, done));
  }

  async #hand(socket: Router | XPublisher, frames: Frames): Promise<void> {
    const stuckAtMs = Date.now() + STUCK_MS;
    for (;;) {
      try {
        return await socket.send(frames);
      } catch (error) {
        // ZeroMQ does not tell when a publisher can send again.
        if (socket !== this.#iopub || (error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
        if (Date.now() > Math.min(stuckAtMs, this.#closesAtMs)) this.#dropFromNowOn();
        else await sleep(RETRY_MS);
      }
    }
  }

  /** zeromq.js warns that this option were for later connections only; libzmq takes it at once. */
  #dropFromNowOn(): void {
    const { emitWarning } = process;
    process.emitWarning = () => {};
    this.#iopub.noDrop = false;
    process.emitWarning = emitWarning;
  }

  async #echoHeartbeats(): Promise<void> {
    for await (const frames of this.#heartbeat) await this.#heartbeat.send(frames);
  }
}
