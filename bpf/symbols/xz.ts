import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";

/** Largest content, and largest stream, that is unpacked. */
export const MAX_UNPACKED_BYTES = 64 << 20;
const MAX_PACKED_BYTES = 32 << 20;

/** Longest time for one stream, start of the thread included; some 40 MB are unpacked in it. */
const DEADLINE_MS = 900;
/** Longest time for all streams of one window. */
export const MAX_WINDOW_MS = 3000;

/** What the thread is asked. */
export interface XzRequest {
  packed: Uint8Array<ArrayBuffer>;
  maxBytes: number;
}

/**
 * Unpacks xz streams of strangers, synchronously.
 *
 * The decoder (xz-embedded as WebAssembly, behind streams) works in a thread of its own: a stream that makes it slow
 * or breaks it costs at most 0.9 s and that thread, and cannot reach this one's memory.
 */
export class XzUnpacker {
  #thread?: { worker: Worker; port: MessagePort; done: Int32Array<SharedArrayBuffer> };
  /** Time that the window's streams took so far. */
  #spentMs = 0;
  #refused = 0;

  beginWindow(): void {
    this.#spentMs = 0;
    this.#refused = 0;
  }

  /** Says, for people, what was not unpacked because the window's time for it was over. */
  notes(): string[] {
    return this.#refused > 0
      ? [`.gnu_debugdata of ${this.#refused} files was not unpacked: others took ${MAX_WINDOW_MS / 1000} s`]
      : [];
  }

  /** Returns the content; undefined when it is damaged, of an unknown kind, too large, or takes too long. */
  unpack(packed: Uint8Array, maxBytes = MAX_UNPACKED_BYTES): Uint8Array | undefined {
    if (packed.length > MAX_PACKED_BYTES) return undefined;
    if (this.#spentMs >= MAX_WINDOW_MS) {
      this.#refused++;
      return undefined;
    }
    const started = performance.now();
    const content = this.#unpack(packed, maxBytes);
    this.#spentMs += performance.now() - started;
    return content;
  }

  #unpack(packed: Uint8Array, maxBytes: number): Uint8Array | undefined {
    this.#thread ??= startThread();
    const { port, done } = this.#thread;
    Atomics.store(done, 0, 0);
    port.postMessage({ packed: Uint8Array.from(packed), maxBytes } satisfies XzRequest);
    if (Atomics.wait(done, 0, 0, DEADLINE_MS) !== "timed-out")
      return receiveMessageOnPort(port)?.message as Uint8Array | undefined;
    this.close();
    return undefined;
  }

  /** Ends the thread; the next call starts another. */
  close(): void {
    void this.#thread?.worker.terminate();
    this.#thread?.port.close();
    this.#thread = undefined;
  }
}

function startThread() {
  const { port1: port, port2 } = new MessageChannel();
  const done = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL("./xz-worker.js", import.meta.url), {
    workerData: { port: port2, done },
    transferList: [port2],
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  });
  // A thread that dies leaves its caller to the deadline; neither keeps the process from ending.
  worker.on("error", () => {});
  worker.unref();
  port.unref();
  return { worker, port, done };
}
