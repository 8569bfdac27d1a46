import { type ElfFile, type ElfSection, SHT_SYMTAB } from "../symbols/elf-file.js";
import { readElfSymbols } from "../symbols/elf-symbols.js";

/** Virtual addresses in a file, half-open. */
export interface TextRange {
  start: number;
  end: number;
}

/**
 * Functions of Go's runtime that the handler of a signal makes look called by what the signal interrupted: sigctxt's
 * pushCall in runtime/signal_amd64.go.
 */
const INJECTED = ["asyncPreempt", "sigpanic0", "sigpanic"].flatMap((name) => [
  `runtime.${name}`,
  `runtime.${name}.abi0`,
]);
/** Largest table of names that is looked through. */
const MAX_NAMES_BYTES = 64 << 20;

export function isGo(elf: ElfFile): boolean {
  return elf.sections.some(({ name }) => name === ".gopclntab" || name === ".note.go.buildid");
}

/** The functions that nothing called, in ascending order: what they return to is where a signal came. */
export function injectedFunctions(elf: ElfFile, debug?: ElfFile): TextRange[] {
  if (!isGo(elf)) return [];
  for (const file of debug ? [elf, debug] : [elf]) {
    const section = file.sections.find(({ type }) => type === SHT_SYMTAB);
    const names = section && file.sections[section.link];
    if (!names || names.size > MAX_NAMES_BYTES) continue;
    const wanted = placesOf(INJECTED, file, names);
    if (wanted.size === 0) continue;
    const symbols = readElfSymbols(file);
    const found: TextRange[] = [];
    for (let i = 0; i < symbols.count; i++)
      if (wanted.has(symbols.names[i])) found.push({ start: symbols.starts[i], end: symbols.ends[i] });
    return found.slice(0, INJECTED.length);
  }
  return [];
}

/** Where names stand in a table of names, as offsets in the file. */
function placesOf(wanted: readonly string[], file: ElfFile, names: ElfSection): Set<number> {
  const bytes = Buffer.from(file.file.read(names.offset, names.size));
  const places = new Set<number>();
  for (const name of wanted) {
    const at = bytes.indexOf(`\0${name}\0`);
    if (at >= 0) places.add(names.offset + at + 1);
  }
  return places;
}
