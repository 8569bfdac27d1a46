import { type ElfFile, type ElfSection, PT_LOAD, SHT_SYMTAB } from "../symbols/elf-file.js";
import { readElfSymbols } from "../symbols/elf-symbols.js";
import type { SymbolRows } from "../symbols/symbol-rows.js";

/** Virtual addresses in a file, half-open. */
export interface TextRange {
  start: number;
  end: number;
}

/** Largest table of names that is looked through. */
const MAX_NAMES_BYTES = 64 << 20;
/** Longest function that is looked through. */
const MAX_BYTES = 1024;

/** Of files that are asked about: several questions come one after the other. */
const symbolsByFile = new WeakMap<ElfFile, SymbolRows>();

export function isGo(elf: ElfFile): boolean {
  return elf.sections.some(({ name }) => name === ".gopclntab" || name === ".note.go.buildid");
}

/** The functions of these names in a Go program, in ascending order; none where it has no symbols. */
export function goFunctions(wanted: readonly string[], elf: ElfFile, debug?: ElfFile): TextRange[] {
  if (!isGo(elf)) return [];
  for (const file of debug ? [elf, debug] : [elf]) {
    const section = file.sections.find(({ type }) => type === SHT_SYMTAB);
    const names = section && file.sections[section.link];
    if (!names || names.size > MAX_NAMES_BYTES) continue;
    const places = placesOf(wanted, file, names);
    if (places.size === 0) continue;
    const symbols = symbolsByFile.get(file) ?? readElfSymbols(file);
    symbolsByFile.set(file, symbols);
    const found: TextRange[] = [];
    for (let i = 0; i < symbols.count; i++)
      if (places.has(symbols.names[i])) found.push({ start: symbols.starts[i], end: symbols.ends[i] });
    return found.slice(0, wanted.length);
  }
  return [];
}

/** Where names stand in a table of names, as offsets in the file; a name can be the end of a longer one's text. */
function placesOf(wanted: readonly string[], file: ElfFile, names: ElfSection): Set<number> {
  const bytes = Buffer.from(file.file.read(names.offset, names.size));
  const places = new Set<number>();
  for (const name of wanted) {
    const text = `${name}\0`;
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1))
      places.add(names.offset + at);
  }
  return places;
}

/** The code of a function, or its beginning. */
export function codeOf(elf: ElfFile, { start, end }: TextRange): Uint8Array {
  const segment = elf.segments.find(
    ({ type, executable, address, size }) =>
      type === PT_LOAD && executable && start >= address && end <= address + size,
  );
  if (!segment) return new Uint8Array(0);
  return elf.file.read(segment.offset + start - segment.address, Math.min(end - start, MAX_BYTES));
}

/** Whether bytes stand at a place in code. */
export function begins(code: Uint8Array, at: number, bytes: readonly number[]): boolean {
  return bytes.every((byte, i) => code[at + i] === byte);
}
