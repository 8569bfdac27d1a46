import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer, Subscriber } from "zeromq";
import { type Connection, endpoint } from "./connection-file.js";
import { type Content, type Message, MessageCodec } from "./message.js";

/** How often a socket tries again while the kernel does not listen yet. */
const RECONNECT_MS = 10;
/** How long a kernel that was asked to shut down may take. */
const SHUTDOWN_MS = 3000;
/** The longest path of a Unix socket, less what ZeroMQ adds. */
const MAX_SOCKET_PATH = 100;

/** The kernel's process ended while something was asked of it. */
export class KernelDiedError extends Error {
  override readonly name = "KernelDiedError";
}

/** How a kernel is started. */
export interface KernelStart {
  /** As in `kernel.json`, with `{connection_file}`. */
  command: readonly string[];
  /** Folder in which cells run. */
  cwd: string;
}

/**
 * A kernel process and a client of it, over Unix sockets in a folder that only this user can read.
 *
 * The process is in a session of its own: Ctrl-C in the terminal reaches it only as {@link interrupt}.
 */
export class KernelClient {
  readonly #folder: string;
  readonly #codec: MessageCodec;
  readonly #shell = new Dealer({ linger: 0, reconnectInterval: RECONNECT_MS });
  readonly #control = new Dealer({ linger: 0, reconnectInterval: RECONNECT_MS });
  readonly #iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0, reconnectInterval: RECONNECT_MS });
  readonly #process: ChildProcess;
  readonly #listeners = new Set<(channel: "reply" | "iopub", message: Message) => void>();
  /** Rejects when the process has ended. */
  readonly #death: Promise<never>;
  #isClosed = false;

  private constructor({ command, cwd }: KernelStart) {
    this.#folder = privateFolder();
    const connection: Connection = {
      ...{ transport: "ipc", ip: join(this.#folder, "socket"), key: randomUUID() },
      ...{ shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 },
      signature_scheme: "hmac-sha256",
    };
    this.#codec = new MessageCodec(connection.key);
    const file = join(this.#folder, "connection.json");
    writeFileSync(file, JSON.stringify(connection), { mode: 0o600 });
    const [program, ...list] = command.map((word) => (word === "{connection_file}" ? file : word));
    this.#process = spawn(program, list, {
      cwd,
      // A notebook that is executed as a whole is no history of what somebody typed.
      env: { ...process.env, PROFLAB_HISTORY: "0", JPY_PARENT_PID: String(process.pid) },
      detached: true,
      stdio: ["ignore", 2, 2], // what the kernel itself says is for the terminal
    });
    this.#death = new Promise((_, reject) => {
      this.#process.on("error", (error) => reject(new KernelDiedError(`cannot start: ${error.message}`)));
      this.#process.on("exit", (code, signal) =>
        reject(new KernelDiedError(signal ? `ended by ${signal}` : `ended with status ${code}`)),
      );
    });
    this.#death.catch(() => {}); // it counts where something waits
    this.#iopub.subscribe();
    this.#iopub.connect(endpoint(connection, connection.iopub_port));
    this.#shell.connect(endpoint(connection, connection.shell_port));
    this.#control.connect(endpoint(connection, connection.control_port));
    void this.#receive(this.#iopub, "iopub");
    void this.#receive(this.#shell, "reply");
    void this.#receive(this.#control, "reply");
  }

  /**
   * Starts a kernel that welcomes its subscribers, and waits for that.
   *
   * @throws {KernelDiedError} when it ends instead
   */
  static async start(start: KernelStart): Promise<KernelClient> {
    const client = new KernelClient(start);
    try {
      await client.#until(
        (channel, { header }) => channel === "iopub" && header.msg_type === "iopub_welcome",
      );
    } catch (error) {
      await client.close();
      throw error;
    }
    return client;
  }

  /**
   * Sends a request and waits for its reply and for `idle`; `onPublished` gets what iopub says in its name meanwhile.
   *
   * @throws {KernelDiedError} when the process ends before
   */
  async request(
    type: string,
    content: Content = {},
    onPublished: (message: Message) => void = () => {},
  ): Promise<Content> {
    const header = this.#codec.header(type);
    let reply: Content | undefined;
    let isIdle = false;
    const answered = this.#until((channel, message) => {
      if (message.parent.msg_id !== header.msg_id) return false;
      if (channel === "reply") reply = message.content;
      else if (message.content.execution_state === "idle") isIdle = true;
      else onPublished(message);
      return reply !== undefined && isIdle;
    });
    const isControl = /^(interrupt|shutdown|debug)_/.test(type);
    const message = { identities: [], header, parent: {}, metadata: {}, content, buffers: [] };
    await (isControl ? this.#control : this.#shell).send(this.#codec.encode(message));
    await answered;
    return reply!;
  }

  /** Asks for an interrupt of what runs; does not wait. */
  interrupt(): void {
    this.request("interrupt_request").catch(() => {}); // it may die of it: whoever waits for the cell hears that
  }

  /** Ends the process at once. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  /** Shuts the kernel down, by force if it must be, and removes its files. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const isRunning = () =>
      this.#process.pid !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
    if (isRunning()) {
      const exit = once(this.#process, "exit");
      const force = setTimeout(() => this.kill(), SHUTDOWN_MS);
      this.request("shutdown_request", { restart: false }).catch(() => {});
      await exit;
      clearTimeout(force);
    }
    for (const socket of [this.#shell, this.#control, this.#iopub]) socket.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #receive(socket: Dealer | Subscriber, channel: "reply" | "iopub"): Promise<void> {
    for await (const frames of socket) {
      const message = this.#codec.decode(frames);
      for (const listener of [...this.#listeners]) listener(channel, message);
    }
  }

  /** Resolves at the first message that `isLast` says is the last one; it sees each of them. */
  async #until(isLast: (channel: "reply" | "iopub", message: Message) => boolean): Promise<void> {
    let listener: ((channel: "reply" | "iopub", message: Message) => void) | undefined;
    const last = new Promise<void>((resolve) => {
      listener = (channel, message) => {
        if (isLast(channel, message)) resolve();
      };
      this.#listeners.add(listener);
    });
    try {
      await Promise.race([last, this.#death]);
    } finally {
      this.#listeners.delete(listener!);
    }
  }
}

/** A new folder of this user's, short enough for the paths of sockets. */
function privateFolder(): string {
  const name = "proflab-run-";
  const parent = tmpdir().length + name.length + 20 > MAX_SOCKET_PATH ? "/tmp" : tmpdir();
  return mkdtempSync(join(parent, name));
}
