import type { FileSource } from "../symbols/file-source.js";
import { MappingTable } from "../symbols/mapping-table.js";
import { parseMaps } from "../symbols/maps.js";

/** What a process had mapped, read when it was first sampled and again at a window's end. */
export class ProcessTable {
  /** Newest last; a process that has exited keeps what it had. */
  #snapshots = new Map<number, MappingTable[]>();
  #unread = new Set<number>();

  constructor(private readonly files: FileSource) {}

  /** Notes that a process was sampled; its mappings are read by the next {@link readNew}. */
  sampled(pid: number): void {
    if (!this.#snapshots.has(pid)) this.#unread.add(pid);
  }

  /** Reads the mappings of the processes that are new, while they live. */
  readNew(): void {
    if (this.#unread.size === 0) return;
    for (const pid of this.#unread) this.#read(pid);
    this.#unread.clear();
  }

  /** Reads again what may have changed: libraries loaded since, code made at run time, another program by exec. */
  refresh(pids: Iterable<number>): void {
    for (const pid of pids) this.#read(pid);
  }

  /** The mappings of a process, newest first; empty when it was gone before they could be read. */
  mappings(pid: number): readonly MappingTable[] {
    return [...(this.#snapshots.get(pid) ?? [])].reverse();
  }

  #read(pid: number): void {
    const known = this.#snapshots.get(pid) ?? [];
    this.#snapshots.set(pid, known);
    const text = this.files.readMaps(pid);
    if (text) known.push(new MappingTable(parseMaps(text)));
    // The first and the last say what there is; between them a process may be read at the end of many windows.
    if (known.length > 2) known.splice(1, known.length - 2);
  }
}
