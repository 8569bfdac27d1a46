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
  #latest = "";
  /** What each resolver took when it was last counted, and the sums. */
  readonly #counted = new Map<string, { openFiles: number; heldBytes: number }>();
  #openFiles = 0;
  #heldBytes = 0;
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
    if (known?.identity !== identity) files.set(key, { identity });
    if (identity !== this.#latest) {
      this.#latest = identity;
      this.#asked.add(identity);
      this.#resolvers.delete(identity);
      this.#resolvers.set(identity, resolver);
      this.account(resolver);
    }
    return resolver;
  }

  /** Counts what a resolver has loaded since, and lets the files that were used least recently give way. */
  account(resolver: ElfResolver): void {
    const { identity } = resolver.elf.file;
    if (!this.#resolvers.has(identity)) return;
    this.#count(identity, resolver.openFiles, resolver.heldBytes);
    for (const [other, old] of this.#resolvers) {
      if (this.#openFiles <= MAX_OPEN_FILES && this.#heldBytes <= MAX_HELD_BYTES) break;
      if (other === identity) continue;
      old.close();
      this.#resolvers.delete(other);
      this.#count(other, 0, 0);
    }
  }

  /** What of the files that were asked for was not read. */
  notes(): string[] {
    return [...this.#asked].flatMap((identity) => this.#resolvers.get(identity)?.notes() ?? []);
  }

  /** Path and build id of each file that was asked for and is still open. */
  buildIds(): [path: string, id: string][] {
    return [...this.#asked].flatMap((identity) => {
      const { path, buildId } = this.#resolvers.get(identity) ?? {};
      return path !== undefined && buildId !== undefined ? [[path, buildId] as [string, string]] : [];
    });
  }

  forgetNotes(): void {
    this.#asked.clear();
    this.#latest = "";
  }

  forgetProcess(pid: number): void {
    this.#mapped.delete(pid);
  }

  /** Closes every file. */
  close(): void {
    for (const resolver of this.#resolvers.values()) resolver.close();
    for (const identity of this.#resolvers.keys()) this.#count(identity, 0, 0);
    this.#resolvers.clear();
    this.#mapped.clear();
    this.#latest = "";
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

  #count(identity: string, openFiles: number, heldBytes: number): void {
    const known = this.#counted.get(identity);
    this.#openFiles += openFiles - (known?.openFiles ?? 0);
    this.#heldBytes += heldBytes - (known?.heldBytes ?? 0);
    if (openFiles > 0) this.#counted.set(identity, { openFiles, heldBytes });
    else this.#counted.delete(identity);
  }
}
