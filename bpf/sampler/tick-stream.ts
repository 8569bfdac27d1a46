import { type BpfObject, type Link, type PerCpuMap, possibleCpuCount, u32 } from "libbpf-ts";
import { CpuClocks } from "./cpu-clocks.js";
import { COUNTERS, type Counters, MAX_WINDOWS, SAMPLE, SAMPLE_PENDING } from "./layout.js";
import { readPending } from "./pending-sample.js";
import { PendingSamples } from "./pending-samples.js";
import type { Privileged } from "./privileged.js";
import type { LoadedProgram, ProgramPool } from "./program-pool.js";
import type { WindowOptions } from "./protocol.js";
import { type ClosedWindow, SampleWindow } from "./sample-window.js";
import { monotonicNs } from "./side-band-record.js";
import { StackTable } from "./stack-table.js";
import { ThreadTable } from "./thread-table.js";
import type { Unwinding } from "./unwinding.js";
import { WindowSwitches } from "./window-switches.js";

/** Programs that forget a process's mappings when it executes another program or ends, and that copy them at a fork. */
const PROCESS_PROGRAMS = ["on_exec", "on_exit", "on_fork"];
/** The ring buffer is hardly used when less than this part of it, 1/16, would be filled until the next drain. */
const CALM_PART = 16;
/** Longest wait for the last ticks of a closed window, in milliseconds. */
const SETTLE_MS = 500;

/**
 * One program on one clock on every online CPU, and the windows that look at it.
 *
 * Windows of the same frequency share a stream: each tick is interrupted once, whoever asked for it. The stream holds
 * kernel objects from its constructor until {@link close}.
 */
export class TickStream {
  readonly stacks = new StackTable();
  readonly threads = new ThreadTable();
  readonly #pending: PendingSamples;
  readonly #program: LoadedProgram;
  readonly #object: BpfObject;
  readonly #counts: PerCpuMap<number, Uint8Array>;
  #processLinks: Link[] = [];
  readonly #switches: WindowSwitches;
  #clocks: CpuClocks | undefined;
  #windows: (SampleWindow | undefined)[] = new Array(MAX_WINDOWS).fill(undefined);
  #drainTimer: NodeJS.Timeout;
  /** Taken out of the ring buffer since the timer was set. */
  #takenBytes = 0;
  #words: Uint32Array | undefined;

  /** @throws what {@link ProgramPool.take} throws, or why no CPU could be opened */
  constructor(
    privileged: Privileged,
    private readonly programs: ProgramPool,
    readonly unwinding: Unwinding,
    readonly frequencyHz: number,
    ringBytes: number,
    private readonly drainIntervalMs: number,
    /** Up to which the interval grows while the ring buffer is hardly used and nothing new is mapped. */
    private readonly calmIntervalMs = drainIntervalMs,
  ) {
    this.#pending = new PendingSamples(this.stacks, unwinding);
    this.#program = programs.take(ringBytes, unwinding.maps);
    this.#object = this.#program.object;
    this.#counts = this.#object.perCpuMap("counters", { key: u32 });
    this.#switches = new WindowSwitches(this.#object);
    try {
      for (const name of PROCESS_PROGRAMS) this.#processLinks.push(this.#object.program(name).attach());
      const onTick = this.#object.program("on_tick");
      this.#clocks = new CpuClocks(
        (cpu) => privileged.openTick(cpu, frequencyHz),
        (event) => onTick.attachPerfEvent(event),
        (cpu) => unwinding.cpuWasAway(cpu),
      );
    } catch (error) {
      this.#release();
      throw error;
    }
    this.#drainTimer = this.#drainAfter(drainIntervalMs);
  }

  get windowCount(): number {
    return this.#windows.filter(Boolean).length;
  }

  get isFull(): boolean {
    return this.windowCount === MAX_WINDOWS;
  }

  /** Opens a window: from here on, ticks are counted for it. */
  open(options: WindowOptions): SampleWindow {
    const bit = this.#windows.indexOf(undefined);
    if (bit < 0) throw new Error(`a stream serves ${MAX_WINDOWS} windows`);
    this.#counts.set(bit, noCounts());
    this.#switches.open(bit, options);
    const window = new SampleWindow(bit, options, monotonicNs());
    this.#windows[bit] = window;
    this.#switches.count(bit, true);
    return window;
  }

  /** Closes a window and takes what it still has in the ring buffer. */
  async close(window: SampleWindow): Promise<ClosedWindow> {
    this.#switches.count(window.bit, false);
    window.endNs = monotonicNs();
    const counters = await this.#settled(window);
    await this.#pending.finish();
    this.#switches.close(window.bit);
    this.#windows[window.bit] = undefined;
    return {
      window,
      counters,
      cpus: this.#clocks?.state ?? { online: [], skipped: [] },
    };
  }

  /**
   * The counts of a closed window, when its last tick has ended and its last record was taken.
   *
   * A tick that had already read `open_windows` ends within microseconds, because interrupts are off while it runs; but
   * the hypervisor may hold its CPU for milliseconds, and the records behind it in the ring buffer wait.
   */
  async #settled(window: SampleWindow): Promise<Counters> {
    for (const deadline = performance.now() + SETTLE_MS; ; ) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      this.drain();
      const counters = this.#counters(window.bit);
      const { ticks, ...outcomes } = counters;
      const accounted = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
      const isSettled = accounted === ticks && counters.samples === window.stack.length;
      if (isSettled || performance.now() > deadline) return counters;
    }
  }

  /** Detaches the program and gives it back. */
  dispose(): void {
    clearTimeout(this.#drainTimer);
    this.#release();
  }

  /** Takes all records that are in the ring buffer. */
  drain(): void {
    // Not those that come now: what their processes map may have to be read first.
    this.#pending.advance();
    this.#takeAll();
  }

  #drainAfter(waitMs: number): NodeJS.Timeout {
    const changes = this.unwinding.changes;
    const setAtMs = performance.now();
    this.#takenBytes = 0;
    return setTimeout(() => {
      this.drain();
      const longerMs = Math.min(2 * waitMs, this.calmIntervalMs);
      const expected = (this.#takenBytes * longerMs) / (performance.now() - setAtMs);
      const isCalm = expected * CALM_PART < this.#program.ringBytes && this.unwinding.changes === changes;
      this.#drainTimer = this.#drainAfter(isCalm ? longerMs : this.drainIntervalMs);
    }, waitMs);
  }

  #takeAll(): void {
    const knownUntilNs = this.unwinding.drain();
    const later: Uint8Array[] = [];
    this.#program.ring.drainRaw((bytes, start, length) => {
      this.#takenBytes += length;
      const words = this.#wordsOf(bytes);
      const at = start >> 2;
      // What the process was then is recorded, but was not read yet.
      if (timeOf(words, at) > knownUntilNs) later.push(bytes.slice(start, start + length));
      else this.#take(bytes, words, start, length);
    });
    if (later.length === 0) return;
    this.unwinding.drain();
    for (const bytes of later)
      this.#take(bytes, new Uint32Array(bytes.buffer, 0, bytes.length >> 2), 0, bytes.length);
  }

  /** Ticks lost so far in an open window. */
  droppedSoFar(window: SampleWindow): number {
    return this.#counters(window.bit).dropped_ring_full;
  }

  #wordsOf(bytes: Uint8Array): Uint32Array {
    if (this.#words?.buffer !== bytes.buffer || this.#words.byteOffset !== bytes.byteOffset)
      this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    return this.#words;
  }

  #take(bytes: Uint8Array, words: Uint32Array, start: number, length: number): void {
    const at = start >> 2;
    const timeNs = timeOf(words, at);
    const cpu = words[at + (SAMPLE.cpu >> 2)];
    const thread = this.threads.intern(words, at, bytes);
    const isPending = (words[at + (SAMPLE.flags >> 2)] & SAMPLE_PENDING) !== 0;
    const hasUserPart = isPending || words[at + (SAMPLE.user_bytes >> 2)] > 0;
    const image = hasUserPart ? this.unwinding.imageAt(words[at + (SAMPLE.pid >> 2)], timeNs) : undefined;
    const number = image?.number ?? 0;
    const stack = isPending ? this.stacks.add(words, at, number) : this.stacks.intern(words, at, number);
    const pending = isPending ? readPending(bytes, start, length) : undefined;
    if (pending !== undefined && image !== undefined) {
      this.unwinding.missed(image);
      this.#pending.add({ image, stack, ...pending });
    }
    let wanted = words[at + (SAMPLE.windows >> 2)];
    while (wanted !== 0) {
      const bit = 31 - Math.clz32(wanted);
      wanted &= ~(1 << bit);
      const window = this.#windows[bit];
      if (window === undefined) continue;
      window.ringBytes += ringBytesOf(length);
      window.timeNs.push(timeNs);
      window.cpu.push(cpu);
      window.thread.push(thread);
      window.stack.push(stack);
    }
  }

  #counters(bit: number): Counters {
    const perCpu = this.#counts.get(bit) ?? [];
    const sums = new Array<number>(COUNTERS.length).fill(0);
    for (const cpu of perCpu) {
      const view = new DataView(cpu.buffer, cpu.byteOffset, cpu.byteLength);
      for (let i = 0; i < sums.length; i++) sums[i] += Number(view.getBigUint64(i * 8, true));
    }
    return Object.fromEntries(COUNTERS.map((name, i) => [name, sums[i]])) as Counters;
  }

  #release(): void {
    this.#clocks?.close();
    for (const link of this.#processLinks) link.close();
    this.programs.give(this.#program);
  }
}

function timeOf(words: Uint32Array, at: number): number {
  return words[at] + words[at + 1] * 0x1_0000_0000;
}

function noCounts(): Uint8Array[] {
  return Array.from({ length: possibleCpuCount() }, () => new Uint8Array(COUNTERS.length * 8));
}

/** A record with its header, kernel/bpf/ringbuf.c. */
function ringBytesOf(length: number): number {
  return (8 + length + 7) & ~7;
}
