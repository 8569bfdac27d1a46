import type { AbsoluteAddress } from "./address.js";
import type { FileSource } from "./file-source.js";
import { type JitCode, JitDump } from "./jit-dump.js";
import { type JitName, parseJitName } from "./jit-name.js";
import type { MappingTable } from "./mapping-table.js";
import type { Mapping } from "./maps.js";
import { fileFromDescriptor } from "./open-file.js";
import { PerfMap } from "./perf-map.js";
import { isReason } from "./reason.js";

/** A JIT that writes jitdump maps a page of the file, so that profilers learn where it is. */
const DUMP = /\/jit-\d+\.dump$/;
/** Most jitdump files of one process that are read. */
const MAX_DUMPS = 4;

/** Most bytes of perf maps that are held, and how many each may have beyond that: many processes can write large ones. */
const MAX_HELD_BYTES = 96 << 20;
const LEAST_BYTES = 1 << 20;

/** What a process's JIT has written about its code. */
interface JitSources {
  map?: PerfMap;
  /** Of the map. */
  heldBytes: number;
  /** By path of the file; undefined when it is none. */
  dumps: Map<string, JitDump | undefined>;
}

/** Names code that was made at run time, by the jitdump files and the perf map of its process. */
export class JitResolver {
  readonly #processes = new Map<number, JitSources>();
  readonly #notes = new Map<number, string>();
  #heldBytes = 0;

  constructor(private readonly source: FileSource) {}

  /** Returns what the JIT says about an address; undefined when it says nothing. */
  find(pid: number, mappings: MappingTable | undefined, address: AbsoluteAddress): JitName | undefined {
    const { map, dumps } = this.#sources(pid, mappings);
    for (const dump of dumps.values()) {
      const code = dump?.find(address);
      // What the name says of the place is the function's; a line table begins with the first statement's.
      if (code) return { ...place(code), ...parseJitName(code.name) };
    }
    const raw = map?.find(address);
    return raw === undefined ? undefined : parseJitName(raw);
  }

  /** Says whether the process has written anything about its code. */
  hasSources(pid: number, mappings: MappingTable | undefined): boolean {
    const { map, dumps } = this.#sources(pid, mappings);
    return map !== undefined || [...dumps.values()].some((dump) => dump !== undefined);
  }

  notes(): string[] {
    return [...this.#notes.values()];
  }

  /** Drops what was read: the JIT goes on writing. */
  forgetProcess(pid: number): void {
    this.#heldBytes -= this.#processes.get(pid)?.heldBytes ?? 0;
    for (const dump of this.#processes.get(pid)?.dumps.values() ?? []) dump?.close();
    this.#processes.delete(pid);
    this.#notes.delete(pid);
  }

  /** Closes every file. */
  close(): void {
    for (const pid of [...this.#processes.keys()]) this.forgetProcess(pid);
  }

  #sources(pid: number, mappings: MappingTable | undefined): JitSources {
    let sources = this.#processes.get(pid);
    if (sources === undefined) {
      sources = { ...this.#readMap(pid), dumps: new Map() };
      for (const mapping of mappings ?? []) {
        if (!DUMP.test(mapping.path) || sources.dumps.has(mapping.path)) continue;
        if (sources.dumps.size < MAX_DUMPS) sources.dumps.set(mapping.path, this.#readDump(pid, mapping));
      }
      this.#processes.set(pid, sources);
    }
    return sources;
  }

  #readMap(pid: number): Pick<JitSources, "map" | "heldBytes"> {
    const bytes = this.source.readPerfMap(pid, Math.max(MAX_HELD_BYTES - this.#heldBytes, LEAST_BYTES));
    if (bytes === undefined) return { heldBytes: 0 };
    this.#heldBytes += bytes.length;
    const map = PerfMap.parse(bytes);
    if (map.skipped > 0) this.#notes.set(pid, `the perf map of pid ${pid} has ${map.skipped} unusable lines`);
    return { map, heldBytes: bytes.length };
  }

  #readDump(pid: number, mapping: Mapping): JitDump | undefined {
    const opened = this.source.openMapped(pid, mapping);
    if (isReason(opened)) return undefined;
    const file = fileFromDescriptor(opened.fd);
    return isReason(file) ? undefined : JitDump.read(file);
  }
}

function place({ file, line }: JitCode): { file?: string; line?: number } {
  return file === undefined ? {} : { file, line };
}
