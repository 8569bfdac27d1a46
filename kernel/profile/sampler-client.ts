import type { Socket } from "node:net";
import { encodeFrame, FrameReader } from "../../bpf/sampler/framing.js";
import {
  PROTOCOL_VERSION,
  type Reply,
  type Request,
  type WindowOptions,
} from "../../bpf/sampler/protocol.js";
import { type ProfileTableName, profileDataFromTables } from "../dataframe/arrow.js";
import type { ProfileData, ProfileMeta } from "../dataframe/profile-data.js";
import { errorFromWire, SamplerError, SamplerGoneError } from "./errors.js";
import { connectToSampler } from "./sampler-process.js";

/** Largest answer that is taken: two thousand million bytes are the most that one buffer holds. */
const MAX_REPLY_BYTES = 2 ** 31 - 1;

type Progress = Extract<Reply, { type: "progress" }>;
type Started = Extract<Reply, { type: "started" }>;

/** A window that is open in the sampler. */
export interface RemoteWindow {
  /** Settles when the window has ended, by its duration or by `stop`. */
  result: Promise<ProfileData>;
  /** Ends the window; what it holds comes as the result. */
  stop(): void;
}

interface Waiting {
  resolve(data: ProfileData): void;
  reject(error: Error): void;
  onProgress(progress: Progress): void;
}

/** One connection to the sampler, kept for the life of this process so that the sampler stays warm. */
export class SamplerClient {
  static #current: Promise<SamplerClient> | undefined;

  /** The connection of this process; made anew when the sampler of the last one has gone. */
  static async current(): Promise<SamplerClient> {
    SamplerClient.#current ??= connectToSampler().then((socket) => new SamplerClient(socket));
    try {
      const client = await SamplerClient.#current;
      await client.#greeted;
      return client;
    } catch (error) {
      SamplerClient.#current = undefined;
      throw error;
    }
  }

  #nextId = 1;
  #starting = new Map<number, { resolve(started: Started): void; reject(error: Error): void }>();
  #windows = new Map<number, Waiting>();
  #greeted: Promise<void>;
  #samplerPid = 0;

  private constructor(private readonly socket: Socket) {
    let greet: () => void = () => {};
    let refuse: (error: Error) => void = () => {};
    this.#greeted = new Promise((resolve, reject) => {
      greet = resolve;
      refuse = reject;
    });
    const reader = new FrameReader(MAX_REPLY_BYTES, (header, payload) => {
      const reply = header as unknown as Reply;
      if (reply.type === "hello") {
        this.#samplerPid = reply.pid;
        if (reply.protocol === PROTOCOL_VERSION) greet();
        else
          refuse(
            new SamplerError(
              `the sampler (pid ${reply.pid}) speaks protocol ${reply.protocol}, this is ${PROTOCOL_VERSION}: end it and try again`,
            ),
          );
      } else this.#handle(reply, payload);
    });
    socket.on("data", (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      SamplerClient.#current = undefined;
      const gone = new SamplerGoneError(
        `the sampler (pid ${this.#samplerPid}) ended while it was sampling; what it held is lost. Run the cell again: a new one is started.`,
      );
      refuse(gone);
      for (const waiting of [...this.#starting.values(), ...this.#windows.values()]) waiting.reject(gone);
      this.#starting.clear();
      this.#windows.clear();
    });
    // Once greeted, the connection alone does not keep a script alive; a window that is open does.
    this.#greeted.then(
      () => this.#rest(),
      () => {},
    );
    this.#send({ type: "hello", protocol: PROTOCOL_VERSION, client: `proflab (pid ${process.pid})` });
  }

  /** Opens a window. @throws {SamplerError} and its subclasses, with the sampler's message */
  async start(options: WindowOptions, onProgress: (progress: Progress) => void): Promise<RemoteWindow> {
    this.socket.ref();
    const id = this.#nextId++;
    let settle: Waiting | undefined;
    const result = new Promise<ProfileData>((resolve, reject) => {
      settle = { resolve, reject, onProgress };
    }).finally(() => this.#rest());
    result.catch(() => {});
    try {
      const started = await new Promise<Started>((resolve, reject) => {
        this.#starting.set(id, {
          // Registered before anything else is read: a short window's result may be in the same chunk.
          resolve: (reply) => {
            this.#windows.set(reply.window, settle as Waiting);
            resolve(reply);
          },
          reject,
        });
        this.#send({ type: "start", id, options });
      });
      return { result, stop: () => this.#send({ type: "stop", id: this.#nextId++, window: started.window }) };
    } catch (error) {
      this.#rest();
      throw error;
    }
  }

  #handle(reply: Reply, payload: Uint8Array): void {
    switch (reply.type) {
      case "started":
        this.#starting.get(reply.id)?.resolve(reply);
        this.#starting.delete(reply.id);
        return;
      case "error":
        // A `stop` that crossed the window's own end is refused; its result is on the way.
        this.#starting.get(reply.id)?.reject(errorFromWire(reply.error));
        this.#starting.delete(reply.id);
        return;
      case "progress":
        this.#windows.get(reply.window)?.onProgress(reply);
        return;
      case "result":
        this.#settle(reply.window, (waiting) => waiting.resolve(decodeResult(reply, payload)));
        return;
      case "failed":
        this.#settle(reply.window, (waiting) => waiting.reject(errorFromWire(reply.error)));
        return;
    }
  }

  #settle(window: number, how: (waiting: Waiting) => void): void {
    const waiting = this.#windows.get(window);
    this.#windows.delete(window);
    if (!waiting) return;
    try {
      how(waiting);
    } catch (error) {
      waiting.reject(error as Error);
    }
  }

  #rest(): void {
    if (this.#windows.size === 0 && this.#starting.size === 0) this.socket.unref();
  }

  #send(request: Request): void {
    for (const part of encodeFrame(request)) this.socket.write(part);
  }
}

function decodeResult(reply: Extract<Reply, { type: "result" }>, payload: Uint8Array): ProfileData {
  const tables = {} as Record<ProfileTableName, Uint8Array>;
  let at = 0;
  for (const { name, bytes } of reply.tables) {
    tables[name] = new Uint8Array(payload.subarray(at, at + bytes)); // a copy of its own: columns need their alignment
    at += bytes;
  }
  return profileDataFromTables(tables, reply.meta as unknown as ProfileMeta);
}
