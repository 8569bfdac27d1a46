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

  /** @param cpuMs the CPU time of this process: while it waits for a CPU, it costs nobody anything */
  constructor(
    private readonly nowMs: () => number = () => performance.now(),
    private readonly cpuMs: () => number = usedCpuMs,
  ) {}

  /** Whether the work may be done now for a process. */
  isDue(pid: number): boolean {
    const dueMs = this.#dueMs.get(pid);
    return dueMs === undefined || dueMs <= this.nowMs();
  }

  /** Does the work for a process and notes what it took. */
  run<T>(pid: number, work: () => T): T {
    const started = this.nowMs();
    const startedCpu = this.cpuMs();
    try {
      return work();
    } finally {
      const ended = this.nowMs();
      // Other threads of this process may use a CPU meanwhile.
      const tookMs = Math.min(ended - started, this.cpuMs() - startedCpu);
      this.#dueMs.delete(pid);
      if (tookMs > CHEAP_MS) {
        for (const [other, dueMs] of this.#dueMs) if (dueMs < started) this.#dueMs.delete(other);
        this.#dueMs.set(pid, ended + tookMs * REST * (this.#dueMs.size + 1));
      }
    }
  }

  /** Makes the work for a process due, whatever it took: somebody waits for it. */
  hurry(pid: number): void {
    this.#dueMs.delete(pid);
  }
}

function usedCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
