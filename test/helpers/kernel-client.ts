import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer, Subscriber } from "zeromq";
import { kernelSpec } from "../../kernel/cli/kernel-spec.js";
import { type Connection, endpoint } from "../../kernel/jupyter/connection-file.js";
import { type Content, type Message, MessageCodec } from "../../kernel/jupyter/message.js";

/** A hang: a busy machine may take long. */
const REPLY_TIMEOUT_MS = 120_000;
/** After the kernel's end its last messages come within this. */
const LAST_WORDS_MS = 10_000;
/** The kernel's command, as in its `kernel.json`. */
const OWN_COMMAND = kernelSpec().argv;
/** How often a socket tries again while the kernel does not listen yet; what ZeroMQ does by itself is coarse: 100 ms. */
const RECONNECT_MS = 5;

/** Where a client speaks to the kernel. */
type Channel = "shell" | "control" | "stdin";

/** What a request brought: its reply, and what iopub said under its name, `idle` included. */
export interface Answer {
  reply: Content;
  iopub: Message[];
}

/** A kernel process and a client on its sockets. */
export class KernelClient {
  readonly #codec: MessageCodec;
  /** The kernel asks for input whom it answers: one identity on all channels. */
  readonly #options = { linger: 0, routingId: randomUUID(), reconnectInterval: RECONNECT_MS };
  readonly #shell = new Dealer(this.#options);
  readonly #control = new Dealer(this.#options);
  readonly #stdin = new Dealer(this.#options);
  readonly #iopub = new Subscriber({
    linger: 0,
    receiveHighWaterMark: 0,
    reconnectInterval: RECONNECT_MS,
  });
  readonly #listeners = new Set<() => void>();
  readonly #waiting = new Set<() => void>();
  readonly #replies: Message[] = [];
  /** Everything from iopub, in order. */
  readonly published: Message[] = [];
  /** Everything from stdin: what the kernel asks of the user. */
  readonly asked: Message[] = [];
  readonly process: ChildProcess;
  readonly connection: Connection;
  readonly directory: string;
  /** When the process was started, on the clock of `performance.now()`. */
  readonly spawnedAtMs: number;
  /** What the kernel wrote to its own terminal. */
  terminal = "";

  private constructor(
    connection: Connection,
    directory: string,
    command: readonly string[],
    environment: NodeJS.ProcessEnv,
  ) {
    this.connection = connection;
    this.directory = directory;
    this.#codec = new MessageCodec(connection.key);
    const file = join(directory, "connection.json");
    writeFileSync(file, JSON.stringify(connection), { mode: 0o600 });
    const [program, ...list] = command.map((word) => word.replace("{connection_file}", file));
    this.spawnedAtMs = performance.now();
    this.process = spawn(program, list, {
      cwd: directory,
      env: { ...process.env, XDG_STATE_HOME: directory, JPY_PARENT_PID: String(process.pid), ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process.on("exit", () => this.#hasEnded());
    this.process.stdout!.on("data", (text) => (this.terminal += text));
    this.process.stderr!.on("data", (text) => (this.terminal += text));
  }

  /** Starts a kernel in an empty folder and waits until it publishes. */
  static async start(
    overrides: Partial<Connection> = {},
    environment: NodeJS.ProcessEnv = {},
  ): Promise<KernelClient> {
    const client = await KernelClient.spawn(OWN_COMMAND, overrides, environment);
    await client.welcomed();
    return client;
  }

  /** Starts any kernel by its command, and does not wait for it. */
  static async spawn(
    command: readonly string[],
    overrides: Partial<Connection> = {},
    environment: NodeJS.ProcessEnv = {},
  ): Promise<KernelClient> {
    const directory = mkdtempSync(join(tmpdir(), "proflab-kernel-"));
    const isIpc = overrides.transport === "ipc";
    const ports = isIpc ? [1, 2, 3, 4, 5] : await freePorts(5);
    const [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports;
    const client = new KernelClient(
      {
        transport: "tcp",
        ip: isIpc ? join(directory, "socket") : "127.0.0.1",
        ...{ shell_port, iopub_port, stdin_port, control_port, hb_port },
        key: randomUUID(),
        signature_scheme: "hmac-sha256",
        ...overrides,
      },
      directory,
      command,
      environment,
    );
    client.#connect();
    return client;
  }

  /** Waits until the kernel publishes to this client: what it says before is lost. */
  welcomed(): Promise<void> {
    return this.until(
      () => this.published.some(({ header }) => header.msg_type === "iopub_welcome"),
      "a welcome",
    );
  }

  #connect(): void {
    this.#iopub.subscribe();
    this.#iopub.connect(endpoint(this.connection, this.connection.iopub_port));
    this.#shell.connect(endpoint(this.connection, this.connection.shell_port));
    this.#control.connect(endpoint(this.connection, this.connection.control_port));
    this.#stdin.connect(endpoint(this.connection, this.connection.stdin_port));
    void this.#collect(this.#iopub, this.published);
    void this.#collect(this.#stdin, this.asked);
    void this.#collect(this.#shell, this.#replies);
    void this.#collect(this.#control, this.#replies);
  }

  async #collect(socket: Dealer | Subscriber, list: Message[]): Promise<void> {
    for await (const frames of socket) {
      list.push(this.#codec.decode(frames));
      for (const listener of this.#listeners) listener();
    }
  }

  /** Sends a request without waiting; returns its id. */
  send(type: string, content: Content, channel: Channel = "shell", over: Partial<Message> = {}): string {
    const message = this.message(type, content, over);
    void this.sendFrames(this.#codec.encode(message), channel);
    return message.header.msg_id;
  }

  /** A message that is not sent. */
  message(type: string, content: Content, over: Partial<Message> = {}): Message {
    const header = this.#codec.header(type);
    return { identities: [], header, parent: {}, metadata: {}, content, buffers: [], ...over };
  }

  /** Sends what may be no message at all. */
  sendFrames(frames: (string | Uint8Array)[], channel: Channel = "shell"): Promise<void> {
    const sockets = { shell: this.#shell, control: this.#control, stdin: this.#stdin };
    return sockets[channel].send(frames);
  }

  /** Frames of a message, signed with this client's key. */
  encode(message: Message): (string | Uint8Array)[] {
    return this.#codec.encode(message);
  }

  /** Sends a request and waits for its reply and for `idle`. */
  async request(type: string, content: Content = {}, channel: Channel = "shell"): Promise<Answer> {
    return this.answer(this.send(type, content, channel));
  }

  /** Waits for the reply to a request that was sent, and for its `idle`. */
  async answer(id: string): Promise<Answer> {
    const reply = await this.reply(id);
    await this.until(() => this.#isIdle(id), `idle after ${id}`);
    return { reply, iopub: this.of(id) };
  }

  /** Waits for the reply alone. */
  async reply(id: string): Promise<Content> {
    const reply = () => this.#replies.find(({ parent }) => parent.msg_id === id);
    await this.until(() => reply() !== undefined, `the reply to ${id}`);
    return reply()!.content;
  }

  execute(code: string, options: Content = {}): Promise<Answer> {
    return this.request("execute_request", executeContent(code, options));
  }

  sendExecute(code: string, options: Content = {}): string {
    return this.send("execute_request", executeContent(code, options));
  }

  /** What iopub said in the name of a request. */
  of(id: string): Message[] {
    return this.published.filter(({ parent }) => parent.msg_id === id);
  }

  #isIdle(id: string): boolean {
    return this.of(id).some(({ content }) => content.execution_state === "idle");
  }

  /** Resolves when `condition` holds, which is asked at each message. @throws when it takes too long */
  async until(condition: () => boolean, what: string, timeoutMs = REPLY_TIMEOUT_MS): Promise<void> {
    if (condition()) return;
    const failure = (why: string) => new Error(`${why} for ${what}; its terminal says: ${this.terminal}`);
    let check!: () => void;
    let giveUp!: () => void;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        check = () => condition() && resolve();
        giveUp = () => reject(failure("the kernel ended while a test waited"));
        timer = setTimeout(() => reject(failure(`waited ${timeoutMs} ms`)), timeoutMs);
        this.#listeners.add(check);
        this.#waiting.add(giveUp);
      });
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(check);
      this.#waiting.delete(giveUp);
    }
  }

  /** What still waits, some time after the kernel's end, waits for nothing. */
  #hasEnded(): void {
    const waiting = [...this.#waiting];
    setTimeout(() => {
      for (const giveUp of waiting) giveUp();
    }, LAST_WORDS_MS).unref();
  }

  /** Puts a file into the notebook's folder. */
  put(path: string, text: string): void {
    const file = join(this.directory, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
  }

  /** Ends the process, whatever its state, and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of [this.#shell, this.#control, this.#stdin, this.#iopub]) socket.close();
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGKILL");
      await once(this.process, "exit");
    }
    rmSync(this.directory, { recursive: true, force: true });
    rmSync(`/tmp/perf-${this.process.pid}.map`, { force: true }); // a killed kernel leaves it
  }
}

/** The contents of the messages of one type. */
export function contents(messages: readonly Message[], type: string): Content[] {
  return messages.filter(({ header }) => header.msg_type === type).map(({ content }) => content);
}

/** All that a cell printed to one stream. */
export function printed(messages: readonly Message[], name: "stdout" | "stderr" = "stdout"): string {
  return contents(messages, "stream")
    .filter((content) => content.name === name)
    .map((content) => content.text)
    .join("");
}

/** MIME bundle of a cell's result. */
export function result(messages: readonly Message[]): Record<string, string> | undefined {
  return contents(messages, "execute_result")[0]?.data as Record<string, string> | undefined;
}

function executeContent(code: string, options: Content): Content {
  return {
    code,
    silent: false,
    store_history: true,
    user_expressions: {},
    allow_stdin: false,
    stop_on_error: true,
    ...options,
  };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}
