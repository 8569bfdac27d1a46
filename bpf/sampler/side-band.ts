import { onlineCpus, type PerfEvent, type PerfRing } from "libbpf-ts";
import type { Privileged } from "./privileged.js";
import { decodeSideBand, monotonicNs, type SideBandRecord } from "./side-band-record.js";

/** Bytes of each CPU's ring: some thousand records, a second of a busy shell script. */
const RING_BYTES = 1 << 19;
/** How often the list of CPUs is compared with /sys, in milliseconds. */
const HOTPLUG_INTERVAL_MS = 500;

/** The kernel's records of what processes map, execute, fork and end, of every online CPU, in the order of time. */
export class SideBand {
  readonly #rings = new Map<number, { event: PerfEvent; ring: PerfRing }>();
  #refused: string | undefined;
  #lookedNs = 0;

  /** Never throws; {@link notes} says what could not be opened. */
  constructor(private readonly privileged: Privileged) {
    this.#followCpus();
  }

  /** Records come. */
  get isOpen(): boolean {
    return this.#rings.size > 0;
  }

  /**
   * Gives the records that came since the last time.
   *
   * @returns the time, in nanoseconds of CLOCK_MONOTONIC, up to which these are all
   */
  drain(take: (record: SideBandRecord) => void): number {
    const untilNs = monotonicNs();
    if (untilNs - this.#lookedNs > HOTPLUG_INTERVAL_MS * 1e6) this.#followCpus();
    const records: SideBandRecord[] = [];
    for (const { ring } of this.#rings.values()) {
      ring.drain((bytes) => {
        const record = decodeSideBand(bytes);
        if (record !== undefined) records.push(record);
      });
    }
    // Each CPU writes in its order, and a process's records may be on several.
    records.sort((a, b) => a.timeNs - b.timeNs);
    for (const record of records) take(record);
    return untilNs;
  }

  /** A CPU was away, and its event with it, which does not come back: the next drain opens another one. */
  reopen(cpu: number): void {
    this.#rings.get(cpu)?.event.close();
    this.#rings.delete(cpu);
    this.#lookedNs = 0;
  }

  notes(): string[] {
    return this.#refused === undefined
      ? []
      : [`no records of new mappings and processes: ${this.#refused}. What ended early may have no names`];
  }

  close(): void {
    for (const { event } of this.#rings.values()) event.close();
    this.#rings.clear();
  }

  #followCpus(): void {
    this.#lookedNs = monotonicNs();
    try {
      const online = onlineCpus();
      for (const [cpu, { event }] of this.#rings) {
        if (online.includes(cpu)) continue;
        this.#rings.delete(cpu);
        event.close();
      }
      for (const cpu of online) if (!this.#rings.has(cpu)) this.#follow(cpu);
      this.#refused = undefined;
    } catch (error) {
      this.#refused = (error as Error).message;
    }
  }

  #follow(cpu: number): void {
    const event = this.privileged.openSideBand(cpu);
    try {
      const ring = event.ring(RING_BYTES);
      event.enable();
      this.#rings.set(cpu, { event, ring });
    } catch (error) {
      event.close();
      throw error;
    }
  }
}
