import { type BpfObject, type Link, onlineCpus, possibleCpuCount, type RingBuffer, u32 } from "libbpf-ts";
import { COUNTERS, type Counters, MAX_WINDOWS, SAMPLE } from "./layout.js";
import type { Privileged } from "./privileged.js";
import { ProcessTable } from "./process-table.js";
import type { WindowOptions } from "./protocol.js";
import { type ClosedWindow, SampleWindow } from "./sample-window.js";
import { StackTable } from "./stack-table.js";
import { ThreadTable } from "./thread-table.js";

/** How often the list of CPUs is compared with /sys, in milliseconds. */
const HOTPLUG_INTERVAL_MS = 500;
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
  readonly processes: ProcessTable;
  #object: BpfObject;
  #ring: RingBuffer;
  /** By CPU: its link, and what its event had counted when it was last looked at. */
  #links = new Map<number, { link: Link; count: bigint }>();
  #skipped = new Map<number, string>();
  #windows: (SampleWindow | undefined)[] = new Array(MAX_WINDOWS).fill(undefined);
  #drainTimer: NodeJS.Timeout;
  #hotplugTimer: NodeJS.Timeout;
  #words: Uint32Array | undefined;

  /** @throws what {@link Privileged.loadSampler} throws, or why no CPU could be opened */
  constructor(
    private readonly privileged: Privileged,
    readonly frequencyHz: number,
    ringBytes: number,
    drainIntervalMs: number,
  ) {
    this.processes = new ProcessTable(privileged);
    this.#object = privileged.loadSampler(ringBytes);
    try {
      this.#ring = this.#object.ringBuffer("samples");
      const error = this.#followCpus();
      if (this.#links.size === 0) throw error;
    } catch (error) {
      this.#release();
      throw error;
    }
    this.#drainTimer = setInterval(() => this.drain(), drainIntervalMs);
    this.#hotplugTimer = setInterval(() => this.#followCpus(), HOTPLUG_INTERVAL_MS);
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
    this.#object.perCpuMap("counters", { key: u32 }).set(bit, noCounts());
    this.#name("pids", "any_pid", bit, options.pid);
    this.#name("tids", "any_tid", bit, options.tid);
    this.#name("cpus", "any_cpu", bit, options.cpu);
    this.#setBit("include_idle", bit, options.includeIdle === true);
    const window = new SampleWindow(bit, options, monotonicNs());
    this.#windows[bit] = window;
    this.#setBit("open_windows", bit, true);
    return window;
  }

  /** Closes a window and takes what it still has in the ring buffer. */
  async close(window: SampleWindow): Promise<ClosedWindow> {
    this.#setBit("open_windows", window.bit, false);
    window.endNs = monotonicNs();
    const counters = await this.#settled(window);
    for (const filter of ["pids", "tids", "cpus"] as const) this.#unname(filter, window.bit);
    this.#windows[window.bit] = undefined;
    return {
      window,
      counters,
      cpus: {
        online: [...this.#links.keys()].sort((a, b) => a - b),
        skipped: [...this.#skipped].map(([cpu, reason]) => ({ cpu, reason })),
      },
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

  /** Detaches the program and frees everything in the kernel. */
  dispose(): void {
    clearInterval(this.#drainTimer);
    clearInterval(this.#hotplugTimer);
    this.#release();
  }

  /** Takes all records that are in the ring buffer. */
  drain(): void {
    this.#ring.drainRaw((bytes, start, length) => this.#take(bytes, start, length));
    this.processes.readNew();
  }

  /** Ticks lost so far in an open window. */
  droppedSoFar(window: SampleWindow): number {
    return this.#counters(window.bit).dropped_ring_full;
  }

  #take(bytes: Uint8Array, start: number, length: number): void {
    if (this.#words?.buffer !== bytes.buffer || this.#words.byteOffset !== bytes.byteOffset)
      this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    const words = this.#words;
    const at = start >> 2;
    const timeNs = words[at] + words[at + 1] * 0x1_0000_0000;
    const cpu = words[at + (SAMPLE.cpu >> 2)];
    const thread = this.threads.intern(words, at, bytes);
    const stack = this.stacks.intern(words, at, length);
    this.processes.sampled(words[at + (SAMPLE.pid >> 2)]);
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

  /**
   * Opens what came online and drops what went: an event does not survive its CPU.
   *
   * Throws nothing, because it runs in a timer: what could not be opened is in `#skipped`, and is tried again.
   *
   * @returns the first error
   */
  #followCpus(): unknown {
    let firstError: unknown;
    try {
      const online = onlineCpus();
      for (const [cpu, { link, count }] of this.#links) {
        const now = link.event.readCount();
        // The clock of a CPU that left and came back between two looks stands still for ever, without an error.
        if (online.includes(cpu) && now > count) {
          this.#links.set(cpu, { link, count: now });
        } else {
          this.#links.delete(cpu);
          link.close();
        }
      }
      for (const cpu of online) {
        const error = this.#links.has(cpu) ? undefined : this.#follow(cpu);
        firstError ??= error;
      }
    } catch (error) {
      firstError ??= error;
    }
    return firstError;
  }

  #follow(cpu: number): unknown {
    try {
      const event = this.privileged.openTick(cpu, this.frequencyHz);
      const link = this.#object.program("on_tick").attachPerfEvent(event);
      this.#links.set(cpu, { link, count: -1n });
      this.#skipped.delete(cpu);
      return undefined;
    } catch (error) {
      this.#skipped.set(cpu, (error as Error).message);
      return error;
    }
  }

  #counters(bit: number): Counters {
    const perCpu = this.#object.perCpuMap("counters", { key: u32 }).get(bit) ?? [];
    const sums = new Array<number>(COUNTERS.length).fill(0);
    for (const cpu of perCpu) {
      const view = new DataView(cpu.buffer, cpu.byteOffset, cpu.byteLength);
      for (let i = 0; i < sums.length; i++) sums[i] += Number(view.getBigUint64(i * 8, true));
    }
    return Object.fromEntries(COUNTERS.map((name, i) => [name, sums[i]])) as Counters;
  }

  /** Lets a window's ids through a filter, or every id when it names none. */
  #name(
    filter: "pids" | "tids" | "cpus",
    any: string,
    bit: number,
    ids: readonly number[] | undefined,
  ): void {
    this.#setBit(any, bit, ids === undefined);
    const map = this.#object.map(filter, { key: u32, value: u32 });
    for (const id of ids ?? []) map.set(id, (map.get(id) ?? 0) | (1 << bit));
  }

  #unname(filter: "pids" | "tids" | "cpus", bit: number): void {
    const map = this.#object.map(filter, { key: u32, value: u32 });
    for (const [id, windows] of [...map.entries()]) {
      const left = windows & ~(1 << bit);
      if (left === windows) continue;
      if (left === 0) map.delete(id);
      else map.set(id, left);
    }
  }

  #setBit(variable: string, bit: number, on: boolean): void {
    const value = this.#object.variable(variable);
    const mask = 1 << bit;
    value.set(on ? Number(value.get()) | mask : Number(value.get()) & ~mask);
  }

  #release(): void {
    for (const { link } of this.#links.values()) link.close();
    this.#links.clear();
    this.#ring?.close();
    this.#object.close();
  }
}

function noCounts(): Uint8Array[] {
  return Array.from({ length: possibleCpuCount() }, () => new Uint8Array(COUNTERS.length * 8));
}

/** CLOCK_MONOTONIC in nanoseconds, the clock of bpf_ktime_get_ns(); exact for 104 days of uptime (2^53 ns), then to 2 ns. */
/** A record with its header, kernel/bpf/ringbuf.c. */
function ringBytesOf(length: number): number {
  return (8 + length + 7) & ~7;
}

function monotonicNs(): number {
  return Number(process.hrtime.bigint());
}
