import { basename } from "node:path";
import { type AbsoluteAddress, hex } from "./address.js";
import { BoundedCache } from "./bounded-cache.js";
import { demangler } from "./demangler.js";
import { ElfCache } from "./elf-cache.js";
import { type ElfMatch, ElfResolver } from "./elf-resolver.js";
import type { FileSource } from "./file-source.js";
import { type ResolvedFrame, UNKNOWN } from "./frame.js";
import type { JitName } from "./jit-name.js";
import { JitResolver } from "./jit-resolver.js";
import { KernelResolver } from "./kernel-resolver.js";
import type { MappingTable } from "./mapping-table.js";
import { isAnonymous, type Mapping } from "./maps.js";
import { NamingTime } from "./naming-time.js";
import { isReason, type Reason } from "./reason.js";
import type { OpenLines } from "./source-lines.js";
import { printable } from "./symbol-name.js";
import { openVdso, VDSO } from "./vdso.js";
import { XzUnpacker } from "./xz.js";

export type { ResolvedFrame };

/** Module of anonymous executable memory. */
export const JIT = "[jit]";

/** Places in files whose names are remembered, at least, of some 200 bytes each. */
const CACHED_PLACES = 1 << 16;
const USUAL_LENGTH = 200;

/** Text that the names of one process may have in a window, some million usual ones; then they are cut to the latter. */
const MAX_TEXT = 32 << 20;
const CUT_LENGTH = 100;

export interface UserOptions {
  /** The address to show in `file+0xaddress`: as sampled, before it was moved back by one. Default: the address. */
  displayed?: AbsoluteAddress;
  /** Show C++ and Rust names as people write them. Default: true. */
  demangle?: boolean;
}

/**
 * Names absolute addresses: ask once for each distinct one.
 *
 * Never throws for an address, a file or a map. The caller moves return addresses back by one before it asks, and gives
 * the address as sampled beside it, for `file+0xaddress`. Each place in a file is looked up once, whatever the number
 * of processes and windows.
 */
export class Symbolizer {
  readonly #files: ElfCache;
  readonly #kernel: KernelResolver;
  readonly #jit: JitResolver;
  readonly #xz = new XzUnpacker();
  /** By file and offset. */
  readonly #places = new BoundedCache<string, ElfMatch>(
    CACHED_PLACES,
    (_, match) => textOf(match) / USUAL_LENGTH,
  );
  /** Text of the window's names by process. */
  readonly #text = new Map<number, number>();
  #vdso?: ElfResolver | Reason;

  /** @param openLines finds files, lines and inlined functions; without it frames of files have none */
  constructor(
    source: FileSource,
    openLines?: OpenLines,
    private readonly time = new NamingTime(),
  ) {
    this.#files = new ElfCache(source, { unpack: (packed) => this.#xz.unpack(packed), openLines });
    this.#kernel = new KernelResolver(source);
    this.#jit = new JitResolver(source);
  }

  /**
   * Names an address of a process, as its mappings were when the sample was taken.
   *
   * @returns root first: the function, then those that are inlined at the address; at least one frame
   */
  user(
    pid: number,
    mappings: MappingTable | undefined,
    address: AbsoluteAddress,
    { displayed = address, demangle = true }: UserOptions = {},
  ): ResolvedFrame[] {
    const frames = this.#user(pid, mappings, address, displayed);
    return frames.map((frame) => this.#bounded(pid, demangle ? demangled(frame) : frame));
  }

  /** Names a kernel address. */
  kernel(address: bigint, { demangle = true }: Pick<UserOptions, "demangle"> = {}): ResolvedFrame {
    const frame = this.#kernel.resolve(address);
    return demangle ? demangled(frame) : frame;
  }

  /** Says, for people, what made names worse than they could be. */
  notes(): string[] {
    const sources = [this.#kernel, this.#files, this.#xz, this.#jit, demangler];
    return sources.flatMap((source) => source.notes());
  }

  /** Build ids of the files that names of this window came from, by module. */
  buildIds(): Record<string, string> {
    return Object.fromEntries(this.#files.buildIds().map(([path, id]) => [printable(path), id]));
  }

  /**
   * Drops what is remembered about one process: it ended, or its JIT went on writing.
   *
   * Files that other processes map stay, and so do names of places in files.
   */
  forgetProcess(pid: number): void {
    this.#files.forgetProcess(pid);
    this.#jit.forgetProcess(pid);
  }

  /** Before the names of a window: takes notice of kernel modules and BPF programs that came or went, drops notes. */
  beginWindow(): void {
    this.#kernel.refresh();
    this.#xz.beginWindow();
    this.#files.forgetNotes();
    this.time.beginWindow();
    this.#text.clear();
  }

  /** Closes every file. */
  close(): void {
    this.#files.close();
    this.#xz.close();
    this.#jit.close();
  }

  #bounded(pid: number, frame: ResolvedFrame): ResolvedFrame {
    const text = (this.#text.get(pid) ?? 0) + frame.name.length + (frame.file?.length ?? 0);
    this.#text.set(pid, text);
    return text <= MAX_TEXT
      ? frame
      : { ...frame, name: cut(frame.name), ...(frame.file ? { file: cut(frame.file) } : {}) };
  }

  #user(
    pid: number,
    mappings: MappingTable | undefined,
    address: AbsoluteAddress,
    displayed: AbsoluteAddress,
  ): ResolvedFrame[] {
    const mapping = mappings?.find(address);
    if (!mapping) {
      const reason = mappings ? "unmapped" : "process-gone";
      return [{ name: UNKNOWN, module: UNKNOWN, kind: "user", reason }];
    }
    return this.time.run(pid, () => this.#mapped(pid, mappings, mapping, address, displayed));
  }

  #mapped(
    pid: number,
    mappings: MappingTable | undefined,
    mapping: Mapping,
    address: AbsoluteAddress,
    displayed: AbsoluteAddress,
  ): ResolvedFrame[] {
    if (isAnonymous(mapping)) return [this.#anonymous(pid, mappings, address)];
    const module = printable(mapping.path);
    const match = this.#inFile(pid, mapping, address);
    if (match.name && match.sized) return framesOf(match.name, module, match);
    // Some files hold code that only the JIT has names for: V8's builtins, code in a memfd.
    const code = match.reason === "too-slow" ? undefined : this.#jit.find(pid, mappings, address);
    if (code) return [jitFrame(code, module)];
    if (match.name) return framesOf(match.name, module, match);
    const at = match.virtualAddress ?? address - mapping.start + mapping.fileOffset;
    return [
      {
        name: `${basename(module)}+${hex(at + displayed - address)}`,
        module,
        kind: "user",
        reason: match.reason ?? "unknown-address",
      },
    ];
  }

  #anonymous(pid: number, mappings: MappingTable | undefined, address: AbsoluteAddress): ResolvedFrame {
    if (this.time.isOver(pid)) return { name: UNKNOWN, module: JIT, kind: "jit", reason: "too-slow" };
    const code = this.#jit.find(pid, mappings, address);
    if (code) return jitFrame(code, JIT);
    const reason = this.#jit.hasSources(pid, mappings) ? "unknown-address" : "no-jit-map";
    return { name: UNKNOWN, module: JIT, kind: "jit", reason };
  }

  #inFile(pid: number, mapping: Mapping, address: AbsoluteAddress): ElfMatch {
    if (this.time.isOver(pid)) return { reason: "too-slow" };
    const resolver = this.#resolver(pid, mapping);
    if (isReason(resolver)) return { reason: resolver };
    const offset = address - mapping.start + mapping.fileOffset;
    const place = `${resolver.elf.file.identity}@${offset}`;
    let match = this.#places.get(place);
    if (match === undefined) {
      match = resolver.resolve(offset);
      this.#files.account(resolver);
      this.#places.set(place, match);
    }
    return match;
  }

  #resolver(pid: number, mapping: Mapping): ElfResolver | Reason {
    if (mapping.path === VDSO && mapping.inode === 0n) {
      if (mapping.end <= 0x1_0000_0000) return "unsupported"; // A 32-bit process: another image than ours.
      this.#vdso ??= openVdsoResolver();
      return this.#vdso;
    }
    return mapping.path.startsWith("[") ? "missing-symbols" : this.#files.get(pid, mapping);
  }
}

/** The function, with what debug information knows of it, and what is inlined there. */
function framesOf(name: string, module: string, { lines = [] }: ElfMatch): ResolvedFrame[] {
  const [own, ...inlined] = lines;
  return [
    { name, module, kind: "user", ...place(own) },
    ...inlined.map(
      (frame): ResolvedFrame => ({
        name: printable(frame.name || UNKNOWN),
        module,
        kind: "user",
        ...place(frame),
        inlined: true,
      }),
    ),
  ];
}

function cut(text: string): string {
  return text.length > CUT_LENGTH ? `${text.slice(0, CUT_LENGTH - 1)}…` : text;
}

function textOf({ name = "", lines = [] }: ElfMatch): number {
  return lines.reduce((sum, line) => sum + (line.name?.length ?? 0) + (line.file?.length ?? 0), name.length);
}

function jitFrame({ name, ...where }: JitName, module: string): ResolvedFrame {
  return { name, module, kind: "jit", ...place(where) };
}

type Place = Pick<ResolvedFrame, "file" | "line" | "column">;

function place({ file, line, column, declarationLine }: Place & { declarationLine?: number } = {}): Place {
  const first = declarationLine || line;
  return {
    ...(file ? { file: printable(file) } : {}),
    ...(first ? { line: first } : {}),
    ...(column ? { column } : {}),
  };
}

function demangled(frame: ResolvedFrame): ResolvedFrame {
  const name = frame.reason ? frame.name : demangler.demangle(frame.name);
  return name === frame.name ? frame : { ...frame, name };
}

function openVdsoResolver(): ElfResolver | Reason {
  const image = openVdso();
  return isReason(image) ? image : ElfResolver.open(image);
}
