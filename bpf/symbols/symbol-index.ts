import type { FileOffset, VirtualAddress } from "./address.js";
import type { ElfFile } from "./elf-file.js";
import { readElfSymbols } from "./elf-symbols.js";
import type { OpenFile } from "./open-file.js";
import { compareNames, printable, withoutVersion } from "./symbol-name.js";
import { BINDING_SHIFT, LABEL, SIZED, type SymbolRows } from "./symbol-rows.js";

/** Longest name, in bytes; longer ones are cut. C++ templates reach some thousand. */
export const MAX_NAME_BYTES = 16 << 10;

/** Most symbols looked at for one address: overlapping ones and names of the same address. */
const MAX_CANDIDATES = 4096;

/** The symbol tables of one ELF file, searched by virtual address; they are read at the first question. */
export class SymbolIndex {
  #rows?: SymbolRows;
  /** Largest end of a row and all before it. */
  #maxEnds = new Float64Array(0);

  constructor(readonly elf: ElfFile) {}

  /** Symbols held in memory. */
  get loadedCount(): number {
    return this.#rows?.count ?? 0;
  }

  /** Says whether the file has symbols at all. */
  get isEmpty(): boolean {
    return this.#symbols().count === 0;
  }

  /** Returns the function over an address; `sized` is false when it has no size, and only goes before the address. */
  find(address: VirtualAddress): { name: string; sized: boolean } | undefined {
    const rows = this.#symbols();
    const row = this.#find(rows, address);
    const name = row < 0 ? "" : this.#bestName(rows, row, address);
    return name ? { name, sized: (rows.flags[row] & SIZED) !== 0 } : undefined;
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
      const name = readSymbolName(this.elf.file, rows.names[row]);
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

/** Reads a name out of a string table, without the version that linkers write behind some (`read@@GLIBC_2.2.5`). */
export function readSymbolName(file: OpenFile, offset: FileOffset): string {
  for (const length of [256, MAX_NAME_BYTES]) {
    const bytes = file.read(offset, length);
    const end = bytes.indexOf(0);
    if (end >= 0 || bytes.length < length || length === MAX_NAME_BYTES) {
      const name = Buffer.from(bytes.buffer, 0, end < 0 ? bytes.length : end).toString("utf8");
      return printable(withoutVersion(name));
    }
  }
  return "";
}
