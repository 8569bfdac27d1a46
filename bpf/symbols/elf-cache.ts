import { type ElfAids, ElfResolver } from "./elf-resolver.js";
import type { FileSource } from "./file-source.js";
import type { Mapping } from "./maps.js";
import { fileFromDescriptor } from "./open-file.js";
import { isReason, type Reason } from "./reason.js";

/** Most files kept open, debug files included, and most memory that symbols take; the least recently used give way. */
export const MAX_OPEN_FILES = 256;
export const MAX_HELD_BYTES = 192 << 20;

/**
 * Resolvers of mapped files, one a file whatever the number of processes that map it.
 *
 * A file is known by device, inode, time of modification and size, read from the descriptor: what /proc/PID/maps says
 * is not unique on every filesystem.
 */
export class ElfCache {
  /** By identity of the file, least recently used first. */
  readonly #resolvers = new Map<string, ElfResolver>();
  /** Identities of the files that were asked for since {@link forgetNotes}. */
  readonly #asked = new Set<string>();
  /** By process and then mapping: the file's identity, or why there is none. */
  readonly #mapped = new Map<number, Map<string, { identity: string } | { reason: Reason }>>();

  constructor(
    private readonly source: FileSource,
    private readonly aids: Pick<ElfAids, "unpack" | "openLines"> = {},
  ) {}

  /** Returns the resolver for the file behind a mapping, valid until the next call. */
  get(pid: number, mapping: Mapping): ElfResolver | Reason {
    const files = this.#mapped.get(pid) ?? new Map<string, { identity: string } | { reason: Reason }>();
    this.#mapped.set(pid, files);
    const key = `${mapping.device} ${mapping.inode} ${mapping.path}`;
    const known = files.get(key);
    if (known && "reason" in known) return known.reason;
    const resolver = (known && this.#resolvers.get(known.identity)) ?? this.#open(pid, mapping);
    if (isReason(resolver)) {
      files.set(key, { reason: resolver });
      return resolver;
    }
    const { identity } = resolver.elf.file;
    files.set(key, { identity });
    this.#asked.add(identity);
    this.#resolvers.delete(identity);
    this.#resolvers.set(identity, resolver);
    this.#evict(identity);
    return resolver;
  }

  /** What of the files that were asked for was not read. */
  notes(): string[] {
    return [...this.#asked].flatMap((identity) => this.#resolvers.get(identity)?.notes() ?? []);
  }

  forgetNotes(): void {
    this.#asked.clear();
  }

  forgetProcess(pid: number): void {
    this.#mapped.delete(pid);
  }

  /** Closes every file. */
  close(): void {
    for (const resolver of this.#resolvers.values()) resolver.close();
    this.#resolvers.clear();
    this.#mapped.clear();
  }

  #open(pid: number, mapping: Mapping): ElfResolver | Reason {
    const opened = this.source.openMapped(pid, mapping);
    if (isReason(opened)) return opened;
    const file = fileFromDescriptor(opened.fd);
    if (isReason(file)) return file;
    const same = this.#resolvers.get(file.identity);
    if (!same)
      return ElfResolver.open(file, {
        ...this.aids,
        path: mapping.path,
        openDebugFile: (path) => this.source.openDebugFile(pid, path),
      });
    file.close();
    return same;
  }

  #evict(inUse: string): void {
    let files = 0;
    let bytes = 0;
    for (const resolver of this.#resolvers.values()) {
      files += resolver.openFiles;
      bytes += resolver.heldBytes;
    }
    for (const [identity, resolver] of this.#resolvers) {
      if (files <= MAX_OPEN_FILES && bytes <= MAX_HELD_BYTES) break;
      if (identity === inUse) continue;
      files -= resolver.openFiles;
      bytes -= resolver.heldBytes;
      this.#resolvers.delete(identity);
      resolver.close();
    }
  }
}
