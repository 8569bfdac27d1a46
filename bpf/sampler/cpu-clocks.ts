import { onlineCpus, type PerfEvent, type PerfEventLink } from "libbpf-ts";

/** How often the list of CPUs is compared with /sys, in milliseconds. */
const HOTPLUG_INTERVAL_MS = 500;

/** A clock on every online CPU, with CPUs that come and go. */
export class CpuClocks {
  /** By CPU: its link, and what its event had counted when it was last looked at. */
  readonly #links = new Map<number, { link: PerfEventLink; count: bigint }>();
  readonly #skipped = new Map<number, string>();
  readonly #timer: NodeJS.Timeout;

  /**
   * @param open a clock of a CPU, disabled
   * @param attach starts it
   * @param onAway called with a CPU that was away for a time
   * @throws why no CPU could be opened
   */
  constructor(
    private readonly open: (cpu: number) => PerfEvent,
    private readonly attach: (event: PerfEvent) => PerfEventLink,
    private readonly onAway: (cpu: number) => void,
  ) {
    const error = this.#follow();
    if (this.#links.size === 0) throw error;
    this.#timer = setInterval(() => this.#follow(), HOTPLUG_INTERVAL_MS).unref();
  }

  /** Which CPUs have a clock, and why others have none. */
  get state(): { online: number[]; skipped: { cpu: number; reason: string }[] } {
    return {
      online: [...this.#links.keys()].sort((a, b) => a - b),
      skipped: [...this.#skipped].map(([cpu, reason]) => ({ cpu, reason })),
    };
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { link } of this.#links.values()) link.close();
    this.#links.clear();
  }

  /**
   * Opens what came online and drops what went: an event does not survive its CPU.
   *
   * Throws nothing, because samples are taken all the same: what could not be opened is in `#skipped`, and is tried again.
   *
   * @returns the first error
   */
  #follow(): unknown {
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
          this.onAway(cpu);
        }
      }
      for (const cpu of online) {
        const error = this.#links.has(cpu) ? undefined : this.#start(cpu);
        firstError ??= error;
      }
    } catch (error) {
      firstError ??= error;
    }
    return firstError;
  }

  #start(cpu: number): unknown {
    try {
      this.#links.set(cpu, { link: this.attach(this.open(cpu)), count: -1n });
      this.#skipped.delete(cpu);
      return undefined;
    } catch (error) {
      this.#skipped.set(cpu, (error as Error).message);
      return error;
    }
  }
}
