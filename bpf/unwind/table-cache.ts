import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  futimesSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { OpenFile } from "../symbols/open-file.js";
import { decodeTable, encodeTable } from "./table-file.js";
import type { UnwindTable } from "./unwind-table.js";

/** Most bytes of all files together, when nothing else is said. */
export const DEFAULT_CACHE_BYTES = 256 << 20;

const SUFFIX = ".unwind";
const TEMPORARY = ".writing";
/** A table of 2^24 rows, and an index over 1 GiB of text. */
const MAX_FILE_BYTES = 160 << 20;
/** What a writer that died left behind is removed after so long. */
const ABANDONED_MS = 60_000;
/**
 * Part of the cache that is made free when it is full, and that is written at most until its files are looked at again: a
 * full one has more than a thousand, and others may write there.
 */
const SPARE_PART = 1 / 8;

/**
 * Tables on disk, each in a file named after what it was built from.
 *
 * The directory is the caller's own, of mode 0700. A file that is damaged, of another version, of another user or no
 * regular file counts as none, and is replaced. No method throws: without a working directory nothing is kept.
 */
export class TableCache {
  /** What may be written before the files are looked at again, in bytes. */
  #room = 0;

  constructor(
    private readonly directory: string,
    private readonly maxBytes = DEFAULT_CACHE_BYTES,
  ) {}

  /**
   * The key for a file's table: its build id and its size, as a file and its stripped copy have the same id, and its
   * owner, as anyone can make a file that claims the id of the C library; without a build id what tells it from other
   * files.
   */
  static keyOf(file: Pick<OpenFile, "size" | "identity" | "owner">, buildId: string | undefined): string {
    if (buildId === undefined) return `file ${file.identity}`;
    return `build-id ${buildId} ${file.size} ${file.owner}`;
  }

  read(key: string): UnwindTable | undefined {
    let fd: number;
    try {
      fd = openSync(this.#path(key), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch {
      return undefined;
    }
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile() || stat.uid !== process.getuid?.() || stat.size > MAX_FILE_BYTES) return undefined;
      const table = decodeTable(key, readWhole(fd, stat.size));
      // The time of the last use, for eviction.
      if (table) futimesSync(fd, new Date(), new Date());
      return table;
    } catch {
      return undefined;
    } finally {
      closeSync(fd);
    }
  }

  /** Keeps a table, and removes those used longest ago while all together are too large. */
  write(key: string, table: UnwindTable): void {
    const bytes = encodeTable(key, table);
    if (bytes.length > Math.min(this.maxBytes, MAX_FILE_BYTES)) return;
    const temporary = join(this.directory, `${randomBytes(8).toString("hex")}${TEMPORARY}`);
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    try {
      if (bytes.length <= this.#room) this.#room -= bytes.length;
      else this.#evict(bytes.length);
      const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      } finally {
        closeSync(fd);
      }
      // Whoever reads meanwhile has the old file or the new one, whole; what is at the name is replaced, not followed.
      renameSync(temporary, this.#path(key));
    } catch {
      rmSync(temporary, { force: true }); // a full disk, or no directory: the table is built again next time
    }
  }

  #path(key: string): string {
    return join(this.directory, `${createHash("sha256").update(key).digest("hex").slice(0, 40)}${SUFFIX}`);
  }

  #evict(needed: number): void {
    const now = Date.now();
    const files: { path: string; size: number; usedMs: number }[] = [];
    for (const name of readdirSync(this.directory)) {
      if (!name.endsWith(SUFFIX) && !name.endsWith(TEMPORARY)) continue;
      const path = join(this.directory, name);
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (!stat || stat.isDirectory()) continue;
      if (name.endsWith(TEMPORARY)) {
        if (now - stat.mtimeMs > ABANDONED_MS) removeQuietly(path);
      } else files.push({ path, size: stat.size, usedMs: stat.mtimeMs });
    }
    files.sort((a, b) => a.usedMs - b.usedMs);
    let total = files.reduce((sum, { size }) => sum + size, needed);
    const spare = this.maxBytes * SPARE_PART;
    const most = total > this.maxBytes ? this.maxBytes - spare : this.maxBytes;
    for (const { path, size } of files) {
      if (total <= most) break;
      removeQuietly(path);
      total -= size;
    }
    this.#room = Math.min(this.maxBytes - total, spare);
  }
}

function readWhole(fd: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let done = 0;
  while (done < size) {
    const count = readSync(fd, bytes, done, size - done, done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another sampler of this user may have removed it.
  }
}
