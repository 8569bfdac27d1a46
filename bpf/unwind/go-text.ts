import { type ElfFile, PT_LOAD } from "../symbols/elf-file.js";
import { readEntries } from "./cfi-entries.js";
import { debugFrameSections, ehFrameSections } from "./cfi-sections.js";
import { FDE_END, FDE_WORDS } from "./fde-list.js";
import { MAX_TEXT_BYTES } from "./table-builder.js";

/** Virtual addresses in a file, half-open. */
export interface TextRange {
  start: number;
  end: number;
}

/**
 * Where the Go code of a program is that also has code of another compiler (cgo).
 *
 * Go describes its functions in `.debug_frame` alone, C compilers theirs in `.eh_frame`; the linker keeps Go's together.
 *
 * @returns `undefined` where all is Go's, or nothing tells
 */
export function goText(elf: ElfFile): TextRange | undefined {
  if (ehFrameSections(elf).length === 0) return undefined;
  const code = elf.segments.filter(({ type, executable }) => type === PT_LOAD && executable);
  const base = Math.min(...code.map(({ address }) => address));
  let [start, end] = [Number.POSITIVE_INFINITY, 0];
  for (const section of debugFrameSections(elf)) {
    const { fdes } = readEntries(section, base, MAX_TEXT_BYTES);
    for (let fde = 0; fde < fdes.count; fde++) {
      start = Math.min(start, fdes.words[fde * FDE_WORDS]);
      end = Math.max(end, fdes.words[fde * FDE_WORDS + FDE_END]);
    }
  }
  return end > start ? { start: base + start, end: base + end } : undefined;
}
