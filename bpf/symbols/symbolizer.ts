import { basename } from "node:path";
import { type AbsoluteAddress, hex } from "./address.js";
import { ElfCache } from "./elf-cache.js";
import { type ElfMatch, ElfResolver } from "./elf-resolver.js";
import type { FileSource } from "./file-source.js";
import { type ResolvedFrame, UNKNOWN } from "./frame.js";
import { KernelResolver } from "./kernel-resolver.js";
import type { MappingTable } from "./mapping-table.js";
import { isAnonymous, type Mapping } from "./maps.js";
import { PerfMap } from "./perf-map.js";
import { isReason, type Reason } from "./reason.js";
import { printable } from "./symbol-name.js";
import { parseJitName } from "./v8-name.js";
import { openVdso, VDSO } from "./vdso.js";

export type { ResolvedFrame };

/** Module of anonymous executable memory. */
export const JIT = "[jit]";

/**
 * Names absolute addresses: ask once for each distinct one.
 *
 * Never throws for an address, a file or a map. The caller moves return addresses back by one before it asks, and gives
 * the address as sampled beside it, for `file+0xaddress`.
 */
export class Symbolizer {
  readonly #source: FileSource;
  readonly #files: ElfCache;
  readonly #kernel: KernelResolver;
  readonly #perfMaps = new Map<number, PerfMap | undefined>();
  readonly #perfMapNotes = new Map<number, string>();
  #vdso?: ElfResolver | Reason;

  constructor(source: FileSource) {
    this.#source = source;
    this.#files = new ElfCache(source);
    this.#kernel = new KernelResolver(source);
  }

  /** Names an address of a process, as its mappings were when the sample was taken. */
  user(
    pid: number,
    mappings: MappingTable | undefined,
    address: AbsoluteAddress,
    displayed: AbsoluteAddress = address,
  ): ResolvedFrame {
    const mapping = mappings?.find(address);
    if (!mapping) return { name: UNKNOWN, module: UNKNOWN, kind: "user", reason: "unmapped" };
    if (isAnonymous(mapping)) {
      const frame = this.#jit(pid, JIT, address);
      const reason = this.#perfMap(pid) ? "unknown-address" : "no-jit-map";
      return frame ?? { name: UNKNOWN, module: JIT, kind: "jit", reason };
    }
    const module = printable(mapping.path);
    const match = this.#inFile(pid, mapping, address);
    if (match.name && match.sized) return { name: match.name, module, kind: "user" };
    // Some files hold code that only the JIT has names for: V8's builtins, code in a memfd.
    const frame = this.#jit(pid, module, address);
    if (frame) return frame;
    if (match.name) return { name: match.name, module, kind: "user" };
    const at = match.virtualAddress ?? address - mapping.start + mapping.fileOffset;
    return {
      name: `${basename(module)}+${hex(at + displayed - address)}`,
      module,
      kind: "user",
      reason: match.reason ?? "unknown-address",
    };
  }

  /** Names a kernel address. */
  kernel(address: bigint): ResolvedFrame {
    return this.#kernel.resolve(address);
  }

  /** Says, for people, what made names worse than they could be. */
  notes(): string[] {
    return [...this.#kernel.notes(), ...this.#perfMapNotes.values()];
  }

  /**
   * Drops what is remembered about one process: it ended, or its JIT went on writing.
   *
   * Files that other processes map stay.
   */
  forgetProcess(pid: number): void {
    this.#files.forgetProcess(pid);
    this.#perfMaps.delete(pid);
    this.#perfMapNotes.delete(pid);
  }

  /** Drops everything that is remembered about the kernel: modules and BPF programs come and go. */
  forgetKernel(): void {
    this.#kernel.forget();
  }

  /** Closes every file. */
  close(): void {
    this.#files.close();
  }

  #inFile(pid: number, mapping: Mapping, address: AbsoluteAddress): ElfMatch {
    const resolver = this.#resolver(pid, mapping);
    if (isReason(resolver)) return { reason: resolver };
    return resolver.resolve(address - mapping.start + mapping.fileOffset);
  }

  #resolver(pid: number, mapping: Mapping): ElfResolver | Reason {
    if (mapping.path === VDSO && mapping.inode === 0n) {
      if (mapping.end <= 0x1_0000_0000) return "unsupported"; // A 32-bit process: another image than ours.
      this.#vdso ??= openVdsoResolver();
      return this.#vdso;
    }
    return mapping.path.startsWith("[") ? "missing-symbols" : this.#files.get(pid, mapping);
  }

  #jit(pid: number, module: string, address: AbsoluteAddress): ResolvedFrame | undefined {
    const raw = this.#perfMap(pid)?.find(address);
    if (!raw) return undefined;
    const { name, file, line, column } = parseJitName(raw);
    const place = { ...(file ? { file } : {}), ...(line ? { line } : {}), ...(column ? { column } : {}) };
    return { name, module, kind: "jit", ...place };
  }

  #perfMap(pid: number): PerfMap | undefined {
    if (this.#perfMaps.has(pid)) return this.#perfMaps.get(pid);
    const text = this.#source.readPerfMap(pid);
    const map = text === undefined ? undefined : PerfMap.parse(text);
    this.#perfMaps.set(pid, map);
    if (map?.skipped)
      this.#perfMapNotes.set(pid, `the perf map of pid ${pid} has ${map.skipped} unusable lines`);
    return map;
  }
}

function openVdsoResolver(): ElfResolver | Reason {
  const image = openVdso();
  return isReason(image) ? image : ElfResolver.open(image);
}
