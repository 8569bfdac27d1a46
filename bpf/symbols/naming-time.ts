/** Longest time for the files of one process in a window, and of all together; in milliseconds. */
export const MAX_PROCESS_MS = 8000;
export const MAX_ALL_MS = 24_000;
/** What is left for each process when all together have used theirs. */
const LATE_MS = 250;

/**
 * The time that reading files takes in a window, by the process that they are read for.
 *
 * A process can map thousands of files that each take long to read; it loses its own names, and the others wait no
 * longer than that takes.
 */
export class NamingTime {
  readonly #spentMs = new Map<number, number>();
  #allMs = 0;

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  beginWindow(): void {
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
      const tookMs = this.nowMs() - started;
      this.#spentMs.set(pid, (this.#spentMs.get(pid) ?? 0) + tookMs);
      this.#allMs += tookMs;
    }
  }
}
