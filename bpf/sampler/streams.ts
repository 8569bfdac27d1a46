import { possibleCpuCount } from "libbpf-ts";
import { HeldFiles } from "./held-files.js";
import { optimizeLate, optimizeSoon } from "./optimization.js";
import type { Privileged } from "./privileged.js";
import { ProgramPool } from "./program-pool.js";
import type { WindowOptions } from "./protocol.js";
import { TickStream } from "./tick-stream.js";
import { Unwinding } from "./unwinding.js";

/** How often the ring buffer is emptied, and at most while there is little in it. */
const DRAIN_INTERVAL_MS = 25;
const CALMEST_INTERVAL_MS = 250;
/** A sample with a copy of its stack. */
const LARGEST_SAMPLE_BYTES = 20 << 10;
const MIB = 1 << 20;

/** The streams that run now: windows of the same clock share one, and it ends with its last window. */
export class Streams {
  /** What was mapped is held open, also when process and file are gone. */
  readonly files: HeldFiles;
  readonly #streams = new Map<string, TickStream[]>();
  readonly #programs: ProgramPool;
  #unwinding: Unwinding | undefined;
  #users = 0;

  constructor(
    private readonly privileged: Privileged,
    /** Where unwind tables are kept; nowhere when left out. */
    private readonly cacheDirectory?: string,
  ) {
    this.files = new HeldFiles(privileged);
    this.#programs = new ProgramPool(privileged);
  }

  /** What all streams unwind by; it stays when they end. @throws what {@link Privileged.makeUnwindMaps} throws */
  get unwinding(): Unwinding {
    this.#unwinding ??= new Unwinding(this.privileged, this.files, this.cacheDirectory);
    return this.#unwinding;
  }

  /** Keeps streams and what their samples refer to while `work` goes on: before a window opens, after it closed. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#users++ === 0) optimizeLate();
    try {
      return await work();
    } finally {
      this.#users--;
      this.endUnused();
    }
  }

  /** A stream with room for a window of these options; started when there is none. */
  for(options: WindowOptions): TickStream {
    const ringBytes = options.ringBytes ?? defaultRingBytes();
    const drainIntervalMs = options.drainIntervalMs ?? DRAIN_INTERVAL_MS;
    const key = `${options.frequencyHz}/${ringBytes}/${drainIntervalMs}`;
    const streams = this.#streams.get(key) ?? [];
    this.#streams.set(key, streams);
    let stream = streams.find((candidate) => !candidate.isFull);
    if (stream === undefined) {
      stream = new TickStream(
        this.privileged,
        this.#programs,
        this.unwinding,
        options.frequencyHz,
        ringBytes,
        drainIntervalMs,
        options.drainIntervalMs ?? calmIntervalMs(ringBytes, options.frequencyHz),
      );
      streams.push(stream);
    }
    return stream;
  }

  /** Ends the streams that no window looks at. */
  endUnused(): void {
    if (this.#users > 0) return;
    for (const [key, streams] of this.#streams) {
      for (const stream of streams) if (stream.windowCount === 0) stream.dispose();
      const used = streams.filter((stream) => stream.windowCount > 0);
      if (used.length === 0) this.#streams.delete(key);
      else this.#streams.set(key, used);
    }
    if (this.#streams.size > 0) optimizeSoon();
    else this.#unwinding?.forgetPast();
  }

  /** Frees everything in the kernel. */
  close(): void {
    for (const stream of [...this.#streams.values()].flat()) stream.dispose();
    this.#streams.clear();
    this.#programs.close();
    this.#unwinding?.close();
    this.#unwinding = undefined;
    this.files.close();
  }
}

/** Half of the time in which the largest samples, one for each tick of all CPUs, would fill the ring buffer. */
function calmIntervalMs(ringBytes: number, frequencyHz: number): number {
  const untilFullMs = (1000 * ringBytes) / (possibleCpuCount() * frequencyHz * LARGEST_SAMPLE_BYTES);
  return Math.min(Math.max(untilFullMs / 2, DRAIN_INTERVAL_MS), CALMEST_INTERVAL_MS);
}

/** A MiB a CPU holds a second of deep stacks at 997 Hz, forty times the longest time between two drains then. */
function defaultRingBytes(): number {
  const wanted = Math.min(Math.max(possibleCpuCount() * MIB, 8 * MIB), 128 * MIB);
  return 2 ** Math.ceil(Math.log2(wanted));
}
