import { type ElfFile, type ElfSection, SHT_DYNSYM, SHT_SYMTAB } from "./elf-file.js";
import { BINDING_SHIFT, LABEL, SIZED, SymbolRows, UNTYPED } from "./symbol-rows.js";

/** Most symbol table entries read from one file, `.symtab` before `.dynsym`; the largest browsers have a million. */
export const MAX_SYMBOL_ENTRIES = 1 << 21;

const ENTRY_BYTES = 24;
const ENTRY_WORDS = ENTRY_BYTES / 4;
/** Entries read at once. */
const CHUNK_ENTRIES = 1 << 16;

const STT_NOTYPE = 0;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const STB_LOCAL = 0;
const STB_WEAK = 2;
const SHN_UNDEF = 0;
const SHN_LORESERVE = 0xff00;
const SHN_XINDEX = 0xffff;

/**
 * Reads the functions of `.symtab` and `.dynsym`, merged and ordered by virtual address.
 *
 * Takes functions, indirect functions and untyped names in executable sections (assembly). Symbols without a
 * size are taken from `.symtab` only: in a stripped file nothing says where they end, and what follows has no name.
 */
export function readElfSymbols(elf: ElfFile): SymbolRows {
  const rows = new SymbolRows();
  let budget = MAX_SYMBOL_ENTRIES;
  for (const type of [SHT_SYMTAB, SHT_DYNSYM]) {
    const section = elf.sections.find((candidate) => candidate.type === type);
    if (section) budget -= readTable(elf, section, rows, budget);
  }
  rows.sort();
  rows.closeUnsized();
  return rows;
}

/** Reads at most `budget` entries of one table and returns how many that were. */
function readTable(elf: ElfFile, table: ElfSection, rows: SymbolRows, budget: number): number {
  if (!elf.sections[table.link] || table.entrySize !== ENTRY_BYTES) return 0;
  const count = Math.min(Math.floor(table.size / ENTRY_BYTES), budget);
  for (let first = 0; first < count; first += CHUNK_ENTRIES) {
    const entries = Math.min(CHUNK_ENTRIES, count - first);
    const bytes = elf.file.read(table.offset + first * ENTRY_BYTES, entries * ENTRY_BYTES);
    const words = new Uint32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
    for (let at = 0; at + ENTRY_WORDS <= words.length; at += ENTRY_WORDS)
      pushEntry(elf, table, rows, words, at);
    if (bytes.length < entries * ENTRY_BYTES) break;
  }
  return count;
}

/** Takes one `Elf64_Sym` as words: name, info | other << 8 | section << 16, value, size; the latter two low word first. */
function pushEntry(elf: ElfFile, table: ElfSection, rows: SymbolRows, words: Uint32Array, at: number): void {
  const strings = elf.sections[table.link];
  const info = words[at + 1];
  const type = info & 0xf;
  if (type !== STT_FUNC && type !== STT_GNU_IFUNC && type !== STT_NOTYPE) return;
  const index = info >>> 16;
  const nameOffset = words[at];
  if (index === SHN_UNDEF || (index >= SHN_LORESERVE && index !== SHN_XINDEX) || nameOffset >= strings.size)
    return;
  const start = words[at + 3] * 0x1_0000_0000 + words[at + 2];
  const size = words[at + 5] * 0x1_0000_0000 + words[at + 4];
  if (start === 0 || !Number.isSafeInteger(start + size)) return;

  const section = elf.sections[index];
  const sectionEnd = section && start >= section.address ? section.address + section.memorySize : start;
  const binding = (info >>> 4) & 0xf;
  let flags = (binding === STB_LOCAL ? 0 : binding === STB_WEAK ? 1 : 2) << BINDING_SHIFT;
  if (type === STT_NOTYPE) {
    // Local untyped names elsewhere than on x86 are marks between code and data ($x, $d).
    if (!section?.executable || (binding === STB_LOCAL && !elf.isX86)) return;
    flags |= binding === STB_LOCAL ? LABEL | UNTYPED : UNTYPED;
  }
  if (size > 0) rows.push(start, start + size, strings.offset + nameOffset, flags | SIZED);
  else if (sectionEnd > start && table.type === SHT_SYMTAB)
    rows.push(start, sectionEnd, strings.offset + nameOffset, flags);
}
