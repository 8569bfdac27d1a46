import { readFileSync } from "node:fs";

/** Longest time for the files of one process in a window, and of all together; in milliseconds. */
export const MAX_PROCESS_MS = 8000;
export const MAX_ALL_MS = 24_000;
/** What is left for each process when all together have used theirs. */
const LATE_MS = 250;

/** Of what took longer it is looked up how much was waiting for a CPU. */
const LONG_MS = 20;

/**
 * The time that reading files takes in a window, waiting for a busy CPU left out, by the process that they are read for.
 *
 * A process can map thousands of files that each take long to read; it loses its own names, and the others wait no
 * longer than that takes.
 */
export class NamingTime {
  readonly #spentMs = new Map<number, number>();
  #allMs = 0;
  #waitedMs: number;

  constructor(
    private readonly nowMs: () => number = () => performance.now(),
    private readonly waitedMs: () => number = waitedForCpuMs,
  ) {
    this.#waitedMs = waitedMs();
  }

  beginWindow(): void {
    this.#waitedMs = this.waitedMs();
    this.#spentMs.clear();
    this.#allMs = 0;
  }

  /** Whether nothing more is to be read for a process. */
  isOver(pid: number): boolean {
    return (this.#spentMs.get(pid) ?? 0) >= (this.#allMs < MAX_ALL_MS ? MAX_PROCESS_MS : LATE_MS);
  }

  /** Does work for a process and notes what it took. */
  run<T>(pid: number, work: () => T): T {
    const started = this.nowMs();
    try {
      return work();
    } finally {
      const tookMs = this.#withoutWaitMs(this.nowMs() - started);
      this.#spentMs.set(pid, (this.#spentMs.get(pid) ?? 0) + tookMs);
      this.#allMs += tookMs;
    }
  }

  /** A time without the waiting for a CPU since the window began, each millisecond of which is left out once. */
  #withoutWaitMs(tookMs: number): number {
    if (tookMs < LONG_MS) return tookMs;
    const before = this.#waitedMs;
    this.#waitedMs = this.waitedMs();
    return Math.max(0, tookMs - (this.#waitedMs - before));
  }
}

/** How long this thread could run and waited for a CPU (sched-stats.rst, /proc/PID/schedstat); 0 where Linux does not count. */
function waitedForCpuMs(): number {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[1]) / 1e6;
  } catch {
    return 0;
  }
}
