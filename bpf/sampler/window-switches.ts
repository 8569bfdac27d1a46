import { type BpfObject, u32 } from "libbpf-ts";
import type { WindowOptions } from "./protocol.js";

/** Filters of ids, and the variable with the windows that let every id through. */
const FILTERS = { pids: "any_pid", tids: "any_tid", cpus: "any_cpu" } as const;
type Filter = keyof typeof FILTERS;

/** What the program reads of each window: whether it is open, and what it lets through; a bit for each. */
export class WindowSwitches {
  constructor(private readonly object: BpfObject) {}

  open(bit: number, options: WindowOptions): void {
    this.#name("pids", bit, options.pid);
    this.#name("tids", bit, options.tid);
    this.#name("cpus", bit, options.cpu);
    this.#setBit("include_idle", bit, options.includeIdle === true);
    this.#setBit("kernel_only", bit, options.kernelOnly === true);
  }

  /** Begins or ends the counting of ticks for a window. */
  count(bit: number, on: boolean): void {
    this.#setBit("open_windows", bit, on);
  }

  /** Takes a window's ids out of the filters. */
  close(bit: number): void {
    for (const filter of Object.keys(FILTERS) as Filter[]) {
      const map = this.object.map(filter, { key: u32, value: u32 });
      for (const [id, windows] of [...map.entries()]) {
        const left = windows & ~(1 << bit);
        if (left === windows) continue;
        if (left === 0) map.delete(id);
        else map.set(id, left);
      }
    }
  }

  /** Lets a window's ids through a filter, or every id when it names none. */
  #name(filter: Filter, bit: number, ids: readonly number[] | undefined): void {
    this.#setBit(FILTERS[filter], bit, ids === undefined);
    const map = this.object.map(filter, { key: u32, value: u32 });
    for (const id of ids ?? []) map.set(id, (map.get(id) ?? 0) | (1 << bit));
  }

  #setBit(variable: string, bit: number, on: boolean): void {
    const value = this.object.variable(variable);
    const mask = 1 << bit;
    value.set(on ? Number(value.get()) | mask : Number(value.get()) & ~mask);
  }
}
