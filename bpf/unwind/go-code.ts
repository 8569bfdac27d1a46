import { type ElfFile, PT_LOAD } from "../symbols/elf-file.js";
import { CfiProgram } from "./cfi-program.js";
import { debugFrameSections, ehFrameSections } from "./cfi-sections.js";
import { calledByC, goroutineSwitches } from "./go-cgo.js";
import { isGo, type TextRange } from "./go-functions.js";
import { injectedFunctions } from "./go-injected.js";
import { threadRoots } from "./go-roots.js";
import { MAX_TEXT_BYTES } from "./table-builder.js";

/**
 * Where code is that keeps frame pointers whatever stack it is on: what Go compiled, but for the functions that nothing
 * called, where C is called and calls, and where threads begin to work for other goroutines. In ascending order; empty for other programs.
 *
 * @param debug a separate file with debug information of the same build
 */
export function goCode(elf: ElfFile, debug?: ElfFile): TextRange[] {
  if (!isGo(elf)) return [];
  const parts: TextRange[] = [];
  let { start, end } = ehFrameSections(elf).length === 0 ? executable(elf) : described(elf, debug);
  const others = [
    ...injectedFunctions(elf, debug),
    ...calledByC(elf, debug),
    ...goroutineSwitches(elf, debug),
    ...threadRoots(elf, debug),
  ];
  for (const other of others.sort((a, b) => a.start - b.start)) {
    if (other.start < start || other.end > end) continue;
    parts.push({ start, end: other.start });
    start = other.end;
  }
  return [...parts, { start, end }].filter((part) => part.start < part.end);
}

function executable(elf: ElfFile): TextRange {
  const code = elf.segments.filter((segment) => segment.type === PT_LOAD && segment.executable);
  return {
    start: Math.min(...code.map(({ address }) => address)),
    end: Math.max(...code.map(({ address, size }) => address + size)),
  };
}

/**
 * Where Go's code is in a file that has code of another compiler, too (cgo).
 *
 * Go describes its functions in `.debug_frame` alone, C compilers theirs in `.eh_frame`; the linker keeps Go's together.
 */
function described(elf: ElfFile, debug: ElfFile | undefined): TextRange {
  const all = executable(elf);
  let [start, end] = [Number.POSITIVE_INFINITY, 0];
  const program = new CfiProgram();
  for (const section of [elf, debug].flatMap((file) => (file ? debugFrameSections(file) : []))) {
    const extent = program.addSection(section, { start: all.start, bytes: MAX_TEXT_BYTES });
    start = Math.min(start, extent.start);
    end = Math.max(end, extent.end);
  }
  return end > start ? { start: all.start + start, end: all.start + end } : all;
}
