import type { FileOffset, VirtualAddress } from "./address.js";
import { ElfFile } from "./elf-file.js";
import { readElfSymbols } from "./elf-symbols.js";
import type { OpenFile } from "./open-file.js";
import { isReason, type Reason } from "./reason.js";
import { compareNames, printable } from "./symbol-name.js";
import { BINDING_SHIFT, LABEL, SIZED, type SymbolRows } from "./symbol-rows.js";

/** What an ELF file says about one place in it. */
export interface ElfMatch {
  /** Where the file's headers put the place; absent when they load it nowhere. */
  virtualAddress?: VirtualAddress;
  name?: string;
  /** False when the symbol has no size and the name only goes before the place. */
  sized?: boolean;
  /** Why there is no name. */
  reason?: Reason;
}

/** Longest name, in bytes; longer ones are cut. C++ templates reach some thousand. */
export const MAX_NAME_BYTES = 16 << 10;

/** Most symbols looked at for one address: overlapping ones and names of the same address. */
const MAX_CANDIDATES = 4096;

/** Names places in one ELF file by its symbol tables, which are read at the first question. */
export class ElfResolver {
  #rows?: SymbolRows;
  /** Largest end of a row and all before it. */
  #maxEnds = new Float64Array(0);

  private constructor(readonly elf: ElfFile) {}

  /** Takes over the file; it is closed when this fails, else by `close()`. */
  static open(file: OpenFile): ElfResolver | Reason {
    const elf = ElfFile.read(file);
    if (!isReason(elf)) return new ElfResolver(elf);
    file.close();
    return elf;
  }

  /** Symbols held in memory. */
  get symbolCount(): number {
    return this.#rows?.count ?? 0;
  }

  close(): void {
    this.elf.file.close();
  }

  /** Names the function that contains a place in the file. */
  resolve(offset: FileOffset): ElfMatch {
    const virtualAddress = this.elf.virtualAddress(offset);
    if (virtualAddress === undefined) return { reason: "unknown-address" };
    const rows = this.#symbols();
    if (rows.count === 0) return { virtualAddress, reason: "missing-symbols" };
    const row = this.#find(rows, virtualAddress);
    if (row < 0) return { virtualAddress, reason: "unknown-address" };
    const name = this.#bestName(rows, row, virtualAddress);
    if (!name) return { virtualAddress, reason: "unknown-address" };
    return { virtualAddress, name, sized: (rows.flags[row] & SIZED) !== 0 };
  }

  #symbols(): SymbolRows {
    if (this.#rows) return this.#rows;
    const rows = readElfSymbols(this.elf);
    this.#maxEnds = new Float64Array(rows.count);
    for (let row = 0, end = 0; row < rows.count; row++) {
      end = Math.max(end, rows.ends[row]);
      this.#maxEnds[row] = end;
    }
    this.#rows = rows;
    return rows;
  }

  /** Row of the best symbol over an address: with a size before without, function before label, then the innermost. */
  #find(rows: SymbolRows, address: VirtualAddress): number {
    let best = -1;
    let bestRank = -1;
    const last = lastStartingAt(rows, address);
    for (let row = last; row >= 0 && last - row < MAX_CANDIDATES; row--) {
      if (this.#maxEnds[row] <= address) break;
      if (bestRank === rank(SIZED) && rows.starts[row] < rows.starts[best]) break;
      if (rows.ends[row] <= address || rank(rows.flags[row]) <= bestRank) continue;
      best = row;
      bestRank = rank(rows.flags[row]);
    }
    return best;
  }

  /** Of the names of one address the best: global before weak before local, then {@link compareNames}. */
  #bestName(rows: SymbolRows, found: number, address: VirtualAddress): string {
    let best = "";
    let bestBinding = -1;
    for (let row = found; row >= 0 && found - row < MAX_CANDIDATES; row--) {
      if (rows.starts[row] !== rows.starts[found]) break;
      if (rows.ends[row] <= address || rank(rows.flags[row]) !== rank(rows.flags[found])) continue;
      const binding = rows.flags[row] >> BINDING_SHIFT;
      if (binding < bestBinding) continue;
      const name = readName(this.elf.file, rows.names[row]);
      if (name === "" || (binding === bestBinding && compareNames(name, best) >= 0)) continue;
      best = name;
      bestBinding = binding;
    }
    return best;
  }
}

function rank(flags: number): number {
  return ((flags & SIZED) !== 0 ? 2 : 0) + ((flags & LABEL) !== 0 ? 0 : 1);
}

/** Last row with `start <= address`; -1 if there is none. */
function lastStartingAt(rows: SymbolRows, address: VirtualAddress): number {
  let from = 0;
  let to = rows.count;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (rows.starts[middle] <= address) from = middle + 1;
    else to = middle;
  }
  return from - 1;
}

function readName(file: OpenFile, offset: FileOffset): string {
  for (const length of [256, MAX_NAME_BYTES]) {
    const bytes = file.read(offset, length);
    const end = bytes.indexOf(0);
    if (end >= 0 || bytes.length < length || length === MAX_NAME_BYTES) {
      return printable(Buffer.from(bytes.buffer, 0, end < 0 ? bytes.length : end).toString("utf8"));
    }
  }
  return "";
}
