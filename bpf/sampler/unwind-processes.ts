import type { BpfMap } from "libbpf-ts";
import { MAPPING_BYTES, PROCESS, PROCESS_BYTES } from "../unwind/layout.js";
import type { ArenaSpans, Span } from "./arena-spans.js";
import { encodeMappings, type UnwindMapping } from "./mapping-list.js";
import type { UnwindArena } from "./unwind-maps.js";

/** A mapping list in the arena; a process that forks shares it with its child until one of them changes. */
interface PublishedList {
  span: Span;
  count: number;
  users: number;
}

/** What BPF knows of each process: where its mapping list lies. */
export class UnwindProcesses {
  readonly #lists = new Map<number, PublishedList>();

  constructor(
    private readonly arena: Pick<UnwindArena, "write">,
    private readonly spans: ArenaSpans,
    private readonly map: Pick<BpfMap<number, Uint8Array>, "set" | "delete">,
  ) {}

  /** Gives a process a list, the new one before the old one goes. @returns false when there was no room */
  publish(pid: number, mappings: readonly UnwindMapping[]): boolean {
    const span = this.spans.take(Math.max(1, (mappings.length * MAPPING_BYTES) / 8), performance.now());
    if (span === undefined) return false;
    this.arena.write(span.position, encodeMappings(mappings));
    return this.#set(pid, { span, count: mappings.length, users: 0 });
  }

  /** Notes that a process that was forked has its parent's list, which the program on fork gave it. */
  inherit(parentPid: number, pid: number): void {
    const list = this.#lists.get(parentPid);
    if (list === undefined) return;
    list.users++;
    this.#leave(pid);
    this.#lists.set(pid, list);
  }

  /** Whether the process has a list. */
  has(pid: number): boolean {
    return this.#lists.has(pid);
  }

  /** Forgets a process. */
  remove(pid: number): void {
    this.map.delete(pid);
    this.#leave(pid);
  }

  #set(pid: number, list: PublishedList): boolean {
    const value = new DataView(new ArrayBuffer(PROCESS_BYTES));
    value.setUint32(PROCESS.mappings, list.span.position, true);
    value.setUint32(PROCESS.count, list.count, true);
    list.users++;
    try {
      this.map.set(pid, new Uint8Array(value.buffer));
    } catch {
      // The map is full: samples of the process come with their stacks, which are walked at the end.
      list.users--;
      this.#freeUnused(list);
      return false;
    }
    this.#leave(pid);
    this.#lists.set(pid, list);
    return true;
  }

  #leave(pid: number): void {
    const list = this.#lists.get(pid);
    if (list === undefined) return;
    this.#lists.delete(pid);
    list.users--;
    this.#freeUnused(list);
  }

  #freeUnused(list: PublishedList): void {
    if (list.users === 0) this.spans.free(list.span, performance.now());
  }
}
