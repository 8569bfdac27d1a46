import type { Socket } from "node:net";
import { kernelRelease } from "libbpf-ts";
import type { Symbolizer } from "../symbols/symbolizer.js";
import { encodeFrame, FrameReader } from "./framing.js";
import { hostFacts, packageVersion } from "./host.js";
import { OptionError } from "./option-error.js";
import {
  MAX_REQUEST_BYTES,
  PROTOCOL_VERSION,
  type Reply,
  type TableName,
  type WindowOptions,
} from "./protocol.js";
import { makeResult } from "./result.js";
import type { SampleWindow } from "./sample-window.js";
import type { Streams } from "./streams.js";
import type { TickStream } from "./tick-stream.js";
import { validateWindowOptions } from "./validate.js";
import type { Watch } from "./watch.js";
import { toWireError } from "./wire-error.js";

const PROGRESS_INTERVAL_MS = 250;
/** Windows that one client can have open at once. */
const MAX_CLIENT_WINDOWS = 8;

interface OpenWindow {
  window: SampleWindow;
  watch: Watch;
  stream: TickStream;
  progress: NodeJS.Timeout | undefined;
  end: NodeJS.Timeout | undefined;
}

/** One client and its windows; when the client goes, they go. */
export class Session {
  #windows = new Map<number, OpenWindow>();
  #nextWindow = 1;
  /** Windows that are being made ready. */
  #starting = 0;
  #greeted = false;

  constructor(
    private readonly socket: Socket,
    private readonly streams: Streams,
    private readonly symbolizer: Symbolizer,
    private readonly onChange: () => void,
  ) {
    const reader = new FrameReader(MAX_REQUEST_BYTES, (header) => this.#handle(header));
    socket.on("data", (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.#send({ type: "error", id: 0, error: toWireError(error) });
        socket.destroySoon();
      }
      // A client that asks and does not read gets no further: what waits for it would be kept here.
      if (socket.writableNeedDrain) socket.pause().once("drain", () => socket.resume());
    });
    this.#send({
      type: "hello",
      protocol: PROTOCOL_VERSION,
      sampler: packageVersion(),
      pid: process.pid,
      kernel: kernelRelease(),
      libbpf: hostFacts().libbpf,
    });
  }

  /** The client has said which protocol it speaks, and it is ours. */
  get isGreeted(): boolean {
    return this.#greeted;
  }

  get windowCount(): number {
    return this.#windows.size + this.#starting;
  }

  /** Ends all windows without a result: nobody is there to take it. */
  async abandon(): Promise<void> {
    const windows = [...this.#windows];
    for (const [id, { watch }] of windows) {
      this.#forget(id);
      this.streams.unwinding.unwatch(watch);
    }
    await Promise.allSettled(windows.map(([, { stream, window }]) => stream.close(window)));
    this.streams.endUnused();
  }

  #handle(request: Record<string, unknown>): void {
    const id = typeof request.id === "number" ? request.id : 0;
    try {
      if (!this.#greeted && request.type !== "hello")
        throw new OptionError("type", request.type, '"hello" first');
      switch (request.type) {
        case "hello":
          if (request.protocol !== PROTOCOL_VERSION)
            throw new OptionError(
              "protocol",
              request.protocol,
              `${PROTOCOL_VERSION}: another version of proflab started this sampler; end it or restart the kernel`,
            );
          this.#greeted = true;
          this.onChange();
          return;
        case "start":
          void this.#start(id, request.options, request.progress !== false);
          return;
        case "stop":
          void this.#finish(this.#known(request.window));
          return;
        case "info":
          this.#send({ type: "info", id, info: { ...hostFacts(), windows: this.#windows.size } });
          return;
        default:
          throw new OptionError("type", request.type, "one of hello, start, stop, info");
      }
    } catch (error) {
      this.#send({ type: "error", id, error: toWireError(error) });
    }
  }

  async #start(id: number, input: unknown, withProgress: boolean): Promise<void> {
    this.#starting++;
    try {
      if (this.windowCount > MAX_CLIENT_WINDOWS)
        throw new OptionError("windows", this.windowCount, `at most ${MAX_CLIENT_WINDOWS} at once`);
      const options = validateWindowOptions(input);
      await this.streams.during(() => this.#open(id, options, withProgress));
    } catch (error) {
      this.#send({ type: "error", id, error: toWireError(error) });
    } finally {
      this.#starting--;
    }
    this.onChange();
  }

  async #open(id: number, options: WindowOptions, withProgress: boolean): Promise<void> {
    const { unwinding } = this.streams;
    // Its program must be there before the first mapping list, to forget those that are over.
    this.streams.for(options);
    const watch = await unwinding.watch(options);
    if (this.socket.destroyed) return unwinding.unwatch(watch);
    let window: SampleWindow;
    const stream = this.streams.for(options);
    try {
      window = stream.open(options);
    } catch (error) {
      unwinding.unwatch(watch);
      throw error;
    }
    const number = this.#nextWindow++;
    this.#windows.set(number, {
      window,
      watch,
      stream,
      progress: withProgress ? setInterval(() => this.#progress(number), PROGRESS_INTERVAL_MS) : undefined,
      end:
        options.durationMs === undefined
          ? undefined
          : setTimeout(() => void this.#finish(number), options.durationMs),
    });
    this.#send({ type: "started", id, window: number, startNs: window.startNs, notes: [] });
  }

  #known(window: unknown): number {
    if (typeof window === "number" && this.#windows.has(window)) return window;
    throw new OptionError("window", window, "the number of an open window");
  }

  #progress(number: number): void {
    if (this.socket.writableNeedDrain) return;
    const { window, stream } = this.#windows.get(number) as OpenWindow;
    this.#send({
      type: "progress",
      window: number,
      elapsedMs: Number(process.hrtime.bigint()) / 1e6 - window.startNs / 1e6,
      samples: window.stack.length,
      dropped: stream.droppedSoFar(window),
    });
  }

  async #finish(number: number): Promise<void> {
    const { window, stream, watch } = this.#windows.get(number) as OpenWindow;
    this.#forget(number);
    await this.streams.during(async () => {
      try {
        const closed = await stream.close(window);
        this.streams.unwinding.unwatch(watch);
        const { meta, tables } = await makeResult(closed, stream, this.symbolizer);
        const names = Object.keys(tables) as TableName[];
        this.#send(
          {
            type: "result",
            window: number,
            meta,
            tables: names.map((name) => ({ name, bytes: tables[name].byteLength })),
          },
          names.map((name) => tables[name]),
        );
      } catch (error) {
        this.#send({ type: "failed", window: number, error: toWireError(error) });
      }
    });
    this.onChange();
  }

  #forget(number: number): void {
    const open = this.#windows.get(number) as OpenWindow;
    clearInterval(open.progress);
    clearTimeout(open.end);
    this.#windows.delete(number);
  }

  #send(reply: Reply, payload: readonly Uint8Array[] = []): void {
    if (this.socket.destroyed) return;
    const frame = encodeFrame(reply, payload);
    this.socket.cork();
    for (const part of frame) this.socket.write(part);
    this.socket.uncork();
  }
}
