import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { FileSource } from "../symbols/file-source.js";
import type { Mapping } from "../symbols/maps.js";
import { isReason, type Reason } from "../symbols/reason.js";

/** Most files that are held open; the least recently used give way. */
const MAX_HELD_FILES = 512;

/**
 * Files that processes map, opened while that is possible: later the process may be gone, and the file deleted.
 *
 * For all else that is read it asks the source that it was given. A held file's inode is not given to another file, so that device, inode and path name it.
 */
export class HeldFiles implements FileSource {
  /** Descriptors, least recently used first. */
  readonly #held = new Map<string, number>();

  constructor(private readonly source: FileSource) {}

  /** Opens the file behind a mapping, if there is one and it is not open yet. */
  hold(pid: number, mapping: Mapping): void {
    if (mapping.inode === 0n || this.#held.has(key(mapping))) return;
    const opened = this.source.openMapped(pid, mapping);
    if (isReason(opened)) return;
    this.#held.set(key(mapping), opened.fd);
    if (this.#held.size <= MAX_HELD_FILES) return;
    const [oldest] = this.#held;
    this.#held.delete(oldest[0]);
    closeQuietly(oldest[1]);
  }

  /** A descriptor of its own for the file behind a mapping: the held one's file, else as the source finds it. */
  openMapped(pid: number, mapping: Mapping): { fd: number } | Reason {
    this.hold(pid, mapping);
    const held = this.#held.get(key(mapping));
    if (held === undefined) return this.source.openMapped(pid, mapping);
    this.#held.delete(key(mapping));
    this.#held.set(key(mapping), held);
    try {
      return { fd: openSync(`/proc/self/fd/${held}`, constants.O_RDONLY) };
    } catch {
      return "io-error";
    }
  }

  /** What tells the file behind a mapping, as it is now, from all others; undefined when it is not open. */
  identityOf(pid: number, mapping: Mapping): string | undefined {
    this.hold(pid, mapping);
    const fd = this.#held.get(key(mapping));
    return fd === undefined ? undefined : identityOf(fd);
  }

  /** Reads from the file behind a mapping; less at its end, nothing when it is not open. */
  read(pid: number, mapping: Mapping, offset: number, length: number): Uint8Array {
    this.hold(pid, mapping);
    const fd = this.#held.get(key(mapping));
    if (fd === undefined) return new Uint8Array(0);
    const bytes = new Uint8Array(length);
    try {
      return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
    } catch {
      return new Uint8Array(0);
    }
  }

  openDebugFile(pid: number, path: string): { fd: number } | Reason {
    return this.source.openDebugFile(pid, path);
  }

  readModules(): string | undefined {
    return this.source.readModules?.();
  }

  readKallsyms(): string {
    return this.source.readKallsyms();
  }

  readPerfMap(pid: number, maxBytes?: number): Uint8Array | undefined {
    return this.source.readPerfMap(pid, maxBytes);
  }

  readMaps(pid: number): string | undefined {
    return this.source.readMaps(pid);
  }

  readKptrRestrict(): string | undefined {
    return this.source.readKptrRestrict?.();
  }

  close(): void {
    for (const fd of this.#held.values()) closeQuietly(fd);
    this.#held.clear();
  }
}

/** Device, inode, time of the last change and size of an open file, as one word. */
export function identityOf(fd: number): string {
  const { dev, ino, mtimeNs, size } = fstatSync(fd, { bigint: true });
  return `${dev}:${ino}:${mtimeNs}:${size}`;
}

function key({ device, inode, path }: Mapping): string {
  return `${device} ${inode} ${path}`;
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // Nothing can be done about a descriptor that does not close.
  }
}
