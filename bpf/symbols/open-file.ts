import { closeSync, fstatSync, readSync } from "node:fs";
import type { FileOffset } from "./address.js";
import type { Reason } from "./reason.js";

/** A file or a memory image of which parts are read by position. */
export interface OpenFile {
  /**
   * Reads up to `length` bytes. Never throws: the end of the file and errors make the result shorter.
   *
   * The result is a copy that begins its own buffer, so that typed arrays of any width may view it.
   */
  read(offset: FileOffset, length: number): Uint8Array;
  /** Bytes in the file when it was opened. */
  readonly size: number;
  /** Tells one file from another, and from the same file after it was written to. */
  readonly identity: string;
  /** User id of the owner; nobody else can give a file that. -1 for what is no file. */
  readonly owner: number;
  close(): void;
}

/** Takes over a descriptor, or closes it when it is not that of a regular file. */
export function fileFromDescriptor(fd: number): OpenFile | Reason {
  try {
    const stat = fstatSync(fd, { bigint: true });
    if (stat.isFile()) {
      return new DescriptorFile(
        fd,
        Number(stat.size),
        `${stat.dev}:${stat.ino}:${stat.mtimeNs}:${stat.size}`,
        Number(stat.uid),
      );
    }
  } catch {
    return "io-error";
  }
  closeQuietly(fd);
  return "unsupported";
}

/** Presents bytes in memory as a file. */
export function fileFromBytes(bytes: Uint8Array, identity = "memory", owner = -1): OpenFile {
  return {
    size: bytes.length,
    identity,
    owner,
    read: (offset, length) => (offset >= 0 ? new Uint8Array(bytes.subarray(offset, offset + length)) : EMPTY),
    close() {},
  };
}

const EMPTY = new Uint8Array(0);

class DescriptorFile implements OpenFile {
  #fd: number;

  constructor(
    fd: number,
    readonly size: number,
    readonly identity: string,
    readonly owner: number,
  ) {
    this.#fd = fd;
  }

  read(offset: FileOffset, length: number): Uint8Array {
    const available = Math.min(length, this.size - offset);
    if (this.#fd < 0 || !(offset >= 0) || !(available > 0)) return EMPTY;
    const bytes = new Uint8Array(available);
    let done = 0;
    try {
      while (done < available) {
        const count = readSync(this.#fd, bytes, done, available - done, offset + done);
        if (count === 0) break;
        done += count;
      }
    } catch {
      // A disk error or a file that shrank: what was read so far is the answer.
    }
    return done === available ? bytes : bytes.slice(0, done);
  }

  close(): void {
    if (this.#fd >= 0) closeQuietly(this.#fd);
    this.#fd = -1;
  }
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // Nothing can be done about a descriptor that does not close.
  }
}
