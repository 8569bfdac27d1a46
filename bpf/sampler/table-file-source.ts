import { closeSync } from "node:fs";
import { findDebugFile } from "../symbols/debug-file.js";
import { ElfFile } from "../symbols/elf-file.js";
import type { Mapping } from "../symbols/maps.js";
import { fileFromDescriptor } from "../symbols/open-file.js";
import { isReason } from "../symbols/reason.js";
import { type HeldFiles, identityOf } from "./held-files.js";

/** Largest debug file that is known by its checksum alone, which takes some 30 ms. */
const MAX_CHECKED_BYTES = 16 << 20;

/** A mapped file whose table is wanted, while it waits for its turn. */
export class TableFileSource {
  #fd: number | undefined;
  readonly identity: string;

  /** Takes over the descriptor. */
  constructor(
    fd: number,
    private readonly files: Pick<HeldFiles, "openMapped" | "openDebugFile">,
    readonly pid: number,
    private readonly mapping: Mapping,
  ) {
    this.#fd = fd;
    this.identity = identityOf(fd);
  }

  /** The file's descriptor, opened again if it was let go; undefined when that cannot be done. */
  open(): number | undefined {
    if (this.#fd !== undefined) return this.#fd;
    const opened = this.files.openMapped(this.pid, this.mapping);
    if (isReason(opened)) return undefined;
    this.#fd = opened.fd;
    if (identityOf(opened.fd) === this.identity) return opened.fd;
    this.close();
    return undefined;
  }

  /** Opens the file's separate debug file; the descriptor belongs to the caller. */
  openDebugFile(): number | undefined {
    const file = this.#fd === undefined ? "file-gone" : fileFromDescriptor(this.#fd);
    const elf = isReason(file) ? file : ElfFile.read(file);
    if (isReason(elf)) return undefined;
    let last = -1;
    const open = (path: string) => {
      const opened = this.files.openDebugFile(this.pid, path);
      if (!isReason(opened)) last = opened.fd;
      return opened;
    };
    return findDebugFile(elf, this.mapping.path, open, MAX_CHECKED_BYTES) && last;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
