import { AsyncResource } from "node:async_hooks";
import type { Socket } from "node:net";
import { encodeFrame, FrameReader, MAX_FRAME_BYTES } from "../../bpf/sampler/framing.js";
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

/** Samplers that are tried when one ends before it said hello: its last client was going as we came. */
const MAX_ATTEMPTS = 3;

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
  onProgress?(progress: Progress): void;
  /** Whether this process stays alive for the window's result. */
  isAwaited: boolean;
}

export interface StartOptions {
  /** Left out, the sampler does not say how far it is. */
  onProgress?(progress: Progress): void;
  /** The window lasts until `stop`; until then it does not keep this process alive. */
  untilStopped?: boolean;
}

/** One connection to the sampler, kept for the life of this process so that the sampler stays warm. */
export class SamplerClient {
  static #connecting: Promise<SamplerClient> | undefined;

  /** Opens a window in this user's sampler. @throws {SamplerError} and its subclasses, with the sampler's message */
  static async start(options: WindowOptions, how: StartOptions): Promise<RemoteWindow> {
    const client = await SamplerClient.#current();
    return client.#start(options, how);
  }

  /** The connection of this process; made anew when the sampler of the last one has gone. */
  static async #current(): Promise<SamplerClient> {
    for (let attempt = 1; ; attempt++) {
      SamplerClient.#connecting ??= connectToSampler().then((socket) => new SamplerClient(socket));
      const connecting = SamplerClient.#connecting;
      try {
        const client = await connecting;
        await client.#greeted;
        return client;
      } catch (error) {
        if (SamplerClient.#connecting === connecting) SamplerClient.#connecting = undefined;
        if (!(error instanceof SamplerGoneError) || attempt === MAX_ATTEMPTS) throw error;
      }
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
    const reader = new FrameReader(MAX_FRAME_BYTES, (header, payload) => {
      const reply = header as unknown as Reply;
      if (reply.type === "hello") {
        this.#samplerPid = reply.pid;
        if (reply.protocol === PROTOCOL_VERSION) greet();
        else {
          refuse(
            new SamplerError(
              `the sampler (pid ${reply.pid}) speaks protocol ${reply.protocol}, this is ${PROTOCOL_VERSION}: end it and try again`,
            ),
          );
          socket.destroy();
        }
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
      SamplerClient.#connecting = undefined;
      const gone = this.#gone();
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

  async #start(
    options: WindowOptions,
    { onProgress, untilStopped = false }: StartOptions,
  ): Promise<RemoteWindow> {
    this.socket.ref();
    const id = this.#nextId++;
    let waiting: Waiting | undefined;
    const result = new Promise<ProfileData>((resolve, reject) => {
      // The connection may be another cell's: what is shown of this window belongs to the cell that opens it.
      const show = onProgress && AsyncResource.bind(onProgress);
      waiting = { resolve, reject, onProgress: show, isAwaited: !untilStopped };
    }).finally(() => this.#rest());
    result.catch(() => {});
    const settle = waiting as unknown as Waiting;
    try {
      const started = await new Promise<Started>((resolve, reject) => {
        this.#starting.set(id, {
          // Registered before anything else is read: a short window's result may be in the same chunk.
          resolve: (reply) => {
            this.#windows.set(reply.window, settle);
            resolve(reply);
          },
          reject,
        });
        if (this.socket.destroyed) reject(this.#gone());
        this.#send({ type: "start", id, options, progress: onProgress !== undefined });
      });
      const stop = () => {
        settle.isAwaited = true;
        if (this.#windows.has(started.window)) this.socket.ref();
        this.#send({ type: "stop", id: this.#nextId++, window: started.window });
      };
      return { result, stop };
    } finally {
      this.#rest();
    }
  }

  #gone(): SamplerGoneError {
    return new SamplerGoneError(
      `the sampler (pid ${this.#samplerPid}) ended while it was sampling; what it held is lost. Run the cell again: a new one is started.`,
    );
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
        this.#windows.get(reply.window)?.onProgress?.(reply);
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
    const isAwaited = [...this.#windows.values()].some((window) => window.isAwaited);
    if (!isAwaited && this.#starting.size === 0) this.socket.unref();
  }

  #send(request: Request): void {
    if (this.socket.destroyed) return;
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
