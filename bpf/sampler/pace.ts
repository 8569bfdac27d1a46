/** Work for one process that takes less is not counted, in milliseconds. */
const CHEAP_MS = 2;
/** How many times the work's time passes until the same is done again. */
const REST = 20;

/**
 * Keeps costly work that processes can cause, such as reading 60,000 mappings of one that changes them all the time,
 * to a twentieth of the time: all such processes together, while the others wait for nothing.
 */
export class Pace {
  /** By process: when it is due, in milliseconds. */
  readonly #dueMs = new Map<number, number>();

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** Whether the work may be done now for a process. */
  isDue(pid: number): boolean {
    const dueMs = this.#dueMs.get(pid);
    return dueMs === undefined || dueMs <= this.nowMs();
  }

  /** Does the work for a process and notes what it took. */
  run<T>(pid: number, work: () => T): T {
    const started = this.nowMs();
    try {
      return work();
    } finally {
      const ended = this.nowMs();
      this.#dueMs.delete(pid);
      if (ended - started > CHEAP_MS) {
        for (const [other, dueMs] of this.#dueMs) if (dueMs < started) this.#dueMs.delete(other);
        this.#dueMs.set(pid, ended + (ended - started) * REST * (this.#dueMs.size + 1));
      }
    }
  }
}
