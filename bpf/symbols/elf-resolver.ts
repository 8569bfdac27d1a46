import { basename } from "node:path";
import type { FileOffset, VirtualAddress } from "./address.js";
import { buildId } from "./build-id.js";
import { findDebugFile, type OpenDebugFile } from "./debug-file.js";
import { ElfFile } from "./elf-file.js";
import { fileFromBytes, type OpenFile } from "./open-file.js";
import { Plt } from "./plt.js";
import { isReason, type Reason } from "./reason.js";
import type { FunctionLines, OpenLines, SourceFrame } from "./source-lines.js";
import { SymbolIndex } from "./symbol-index.js";
import { printable } from "./symbol-name.js";

/** What an ELF file says about one place in it. */
export interface ElfMatch {
  /** Where the file's headers put the place; absent when they load it nowhere. */
  virtualAddress?: VirtualAddress;
  name?: string;
  /** False when the symbol has no size and the name only goes before the place. */
  sized?: boolean;
  /** The function and what is inlined at the place, where there is debug information. */
  lines?: SourceFrame[];
  /** Why there is no name. */
  reason?: Reason;
}

/** Where names come from beside the file itself; each may be left out. */
export interface ElfAids {
  /** Path of the file as the process sees it, and a way to open its debug file. */
  path?: string;
  openDebugFile?: OpenDebugFile;
  /** Unpacks an xz stream; undefined when that cannot be done. */
  unpack?: (packed: Uint8Array) => Uint8Array | undefined;
  openLines?: OpenLines;
}

/** Bytes in memory of one symbol. */
const SYMBOL_BYTES = 25;
/** Largest `.gnu_debugdata` section that is read. */
const MAX_DEBUGDATA_BYTES = 32 << 20;

/**
 * Names places in one ELF file: by its symbol tables, else those of its debug file, else those in `.gnu_debugdata`.
 *
 * Symbols are read at the first question; the debug file is opened at once, while the process that maps the file lives.
 */
export class ElfResolver {
  readonly #debug?: ElfFile;
  readonly #indexes: SymbolIndex[];
  readonly #plt: Plt;
  /** Null when there is none. */
  #lines?: FunctionLines | null;
  #unpackedBytes?: number;
  /** "" for none. */
  #buildId?: string;

  private constructor(
    readonly elf: ElfFile,
    private readonly aids: ElfAids,
  ) {
    const { path, openDebugFile } = aids;
    if (path && openDebugFile && !elf.section(".debug_info"))
      this.#debug = findDebugFile(elf, path, openDebugFile);
    this.#indexes = [this.#debug, elf].flatMap((file) => (file ? [new SymbolIndex(file)] : []));
    this.#plt = new Plt(elf, (address) => this.#find(address)?.name);
  }

  /** Takes over the file; it is closed when this fails, else by `close()`. */
  static open(file: OpenFile, aids: ElfAids = {}): ElfResolver | Reason {
    const elf = ElfFile.read(file);
    if (!isReason(elf)) return new ElfResolver(elf, aids);
    file.close();
    return elf;
  }

  /** Memory that symbols and lines take. */
  get heldBytes(): number {
    const symbols = this.#indexes.reduce((sum, { loadedCount }) => sum + loadedCount, 0);
    return symbols * SYMBOL_BYTES + (this.#unpackedBytes ?? 0) + (this.#lines?.sizeBytes ?? 0);
  }

  /** Path by which the file was first mapped. */
  get path(): string | undefined {
    return this.aids.path;
  }

  /** Build id of the file, if it has one. */
  get buildId(): string | undefined {
    this.#buildId ??= buildId(this.elf.file) ?? "";
    return this.#buildId || undefined;
  }

  /** Says, for people, what of the file's debug information was not read. */
  notes(): string[] {
    const name = basename(this.aids.path ?? "");
    return (this.#lines?.notes() ?? []).map((note) => printable(`${name}: ${note}`));
  }

  get openFiles(): number {
    return this.#debug ? 2 : 1;
  }

  close(): void {
    this.elf.file.close();
    this.#debug?.file.close();
  }

  /** Names the function that contains a place in the file. */
  resolve(offset: FileOffset): ElfMatch {
    const virtualAddress = this.elf.virtualAddress(offset);
    if (virtualAddress === undefined) return { reason: "unknown-address" };
    const stub = this.#plt.find(virtualAddress);
    if (stub) return { virtualAddress, name: stub, sized: true };
    const found = this.#find(virtualAddress);
    const lines = this.#sourceLines(virtualAddress);
    const name = found?.name || lines?.[0]?.name;
    if (name) return { virtualAddress, name, sized: found?.sized ?? true, ...(lines ? { lines } : {}) };
    const isEmpty = this.#indexes.every((index) => index.isEmpty);
    return { virtualAddress, reason: isEmpty ? "missing-symbols" : "unknown-address" };
  }

  /** The first function with a size, else the first. */
  #find(address: VirtualAddress): { name: string; sized: boolean } | undefined {
    let unsized: { name: string; sized: boolean } | undefined;
    for (let i = 0; i < this.#indexes.length || this.#addUnpacked(); i++) {
      const found = this.#indexes[i].find(address);
      if (found?.sized) return found;
      unsized ??= found;
    }
    return unsized;
  }

  /** Adds the symbols of `.gnu_debugdata`, once; says whether there are any. */
  #addUnpacked(): boolean {
    if (this.#unpackedBytes !== undefined) return false;
    this.#unpackedBytes = 0;
    const section = this.elf.section(".gnu_debugdata");
    if (!section || !this.aids.unpack || section.size > MAX_DEBUGDATA_BYTES) return false;
    const bytes = this.aids.unpack(this.elf.file.read(section.offset, section.size));
    const elf = bytes && ElfFile.read(fileFromBytes(bytes));
    if (!bytes || !elf || isReason(elf)) return false;
    this.#unpackedBytes = bytes.length;
    this.#indexes.push(new SymbolIndex(elf));
    return true;
  }

  #sourceLines(address: VirtualAddress): SourceFrame[] | undefined {
    if (this.#lines === undefined) this.#lines = this.aids.openLines?.(this.elf, this.#debug) ?? null;
    const frames = this.#lines?.frames(address) ?? [];
    return frames.length > 0 ? frames : undefined;
  }
}
