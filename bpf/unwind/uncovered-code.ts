import {
  type ElfFile,
  type ElfSection,
  PT_LOAD,
  SHT_DYNSYM,
  SHT_NOBITS,
  SHT_SYMTAB,
} from "../symbols/elf-file.js";
import { readElfSymbols } from "../symbols/elf-symbols.js";
import { SIZED, UNTYPED } from "../symbols/symbol-rows.js";

/** Most symbols of a file that are read for a table; with more, functions are found by calls alone. */
const MAX_SYMBOLS = 1 << 18;
const SYMBOL_BYTES = 24;
/** Largest table of names that is looked through. */
const MAX_NAMES_BYTES = MAX_SYMBOLS * 64;
/** Most sections of code of a file that are read. */
const MAX_PARTS = 1 << 10;
/** What a compiler calls the part of a function that seldom runs: it is jumped to. */
const PART = ".cold";

/** Code and functions of a file, for where it has no unwind data. Places are counted from the text's start. */
export class UncoveredCode {
  /** In ascending order. */
  #functions: Float64Array | undefined;
  #parts: { address: number; offset: number; size: number }[] | undefined;

  /** @param debug a separate file with debug information of the same build */
  constructor(
    private readonly elf: ElfFile,
    private readonly debug: ElfFile | undefined,
    private readonly textStart: number,
  ) {}

  /** Fills in the code from a place on; nothing where something else lies. @returns how many bytes are code */
  read(start: number, code: Uint8Array): number {
    const from = this.textStart + start;
    let bytes = 0;
    this.#parts ??= executable(this.elf);
    for (const part of this.#parts) {
      const begin = Math.max(part.address, from);
      const end = Math.min(part.address + part.size, from + code.length);
      if (end <= begin) continue;
      code.set(this.elf.file.read(part.offset + begin - part.address, end - begin), begin - from);
      bytes += end - begin;
    }
    return bytes;
  }

  /** Where functions begin, as far as symbols tell. */
  functions(start: number, size: number): Float64Array {
    this.#functions ??= Float64Array.from(
      [this.elf, this.debug].flatMap((file) => (file ? functionsOf(file) : [])),
      (address) => address - this.textStart,
    ).sort();
    return this.#functions.subarray(
      lowerBound(this.#functions, start),
      lowerBound(this.#functions, start + size),
    );
  }
}

/** Sections of code, or segments in a file without sections; without what overlaps one before it. */
function executable(elf: ElfFile): { address: number; offset: number; size: number }[] {
  const sections = elf.sections.filter((section) => section.executable && section.type !== SHT_NOBITS);
  const segments = elf.segments.filter((segment) => segment.type === PT_LOAD && segment.executable);
  const parts = sections.length > 0 ? [...sections] : segments;
  let end = 0;
  return parts
    .sort((a, b) => a.address - b.address)
    .filter(({ address, size }) => {
      if (address < end) return false;
      end = address + size;
      return true;
    })
    .slice(0, MAX_PARTS);
}

function functionsOf(elf: ElfFile): number[] {
  const tables = elf.sections.filter(({ type }) => type === SHT_SYMTAB || type === SHT_DYNSYM);
  if (tables.reduce((sum, { size }) => sum + size, 0) > MAX_SYMBOLS * SYMBOL_BYTES) return [];
  const symbols = readElfSymbols(elf);
  const table = elf.sections.find(({ type }) => type === SHT_SYMTAB);
  const parts = partNames(elf, table && elf.sections[table.link]);
  // Names in assembly without a type or size are as often of places within functions.
  return Array.from(symbols.starts.subarray(0, symbols.count)).filter(
    (_, i) => (symbols.flags[i] & (UNTYPED | SIZED)) !== UNTYPED && !parts.has(symbols.names[i]),
  );
}

/** Where names of parts of functions stand, as offsets in the file. */
function partNames(elf: ElfFile, names: ElfSection | undefined): Set<number> {
  const places = new Set<number>();
  if (!names || names.size > MAX_NAMES_BYTES) return places;
  const bytes = Buffer.from(elf.file.read(names.offset, names.size));
  for (let at = bytes.indexOf(PART); at >= 0 && places.size < MAX_SYMBOLS; ) {
    places.add(names.offset + bytes.lastIndexOf(0, at) + 1);
    const end = bytes.indexOf(0, at);
    at = end < 0 ? -1 : bytes.indexOf(PART, end);
  }
  return places;
}

/** How many of the sorted numbers are below a limit. */
function lowerBound(sorted: Float64Array, limit: number): number {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
