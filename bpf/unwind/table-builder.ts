import { type ElfFile, PT_LOAD } from "../symbols/elf-file.js";
import type { Reason } from "../symbols/reason.js";
import { CfiProgram, type TextRange } from "./cfi-program.js";
import { debugFrameSections, ehFrameSections } from "./cfi-sections.js";
import { calledByC, goroutineSwitches } from "./go-cgo.js";
import { isGo } from "./go-functions.js";
import { returningAnywhere } from "./go-injected.js";
import { threadRoots } from "./go-roots.js";
import { BUCKET_SHIFT, POSITION_MASK } from "./layout.js";
import { programEntry } from "./program-entry.js";
import { RareRows } from "./rare-rows.js";
import { END } from "./rule-encoder.js";
import { UncoveredCode } from "./uncovered-code.js";
import type { UnwindTable } from "./unwind-table.js";

/** Most bytes of text of one file, from its first to its last executable byte: an index of 16 MB. */
export const MAX_TEXT_BYTES = 2 ** 30;
/** Rows that an index entry can tell apart. */
const MAX_ROWS = POSITION_MASK;
const BUCKET_BYTES = 1 << BUCKET_SHIFT;

/**
 * Builds the unwind table of a file from `.eh_frame`, from `.debug_frame` where that has nothing, and else from the code.
 *
 * `debug` is a separate file with debug information of the same build. Never throws: damaged unwind data gives a table
 * with what could be read, or with no function at all.
 */
export function buildUnwindTable(elf: ElfFile, debug?: ElfFile): UnwindTable | Reason {
  const text = textRange(elf);
  if (!elf.isX86 || !text) return "unsupported";
  const sections = ehFrameSections(elf);
  for (const file of debug ? [elf, debug] : [elf]) sections.push(...debugFrameSections(file));
  const entry = programEntry(elf);
  const rare = new RareRows(sections, (pc, length) => codeBefore(elf, text.start + pc, length));
  try {
    const program = new CfiProgram();
    for (const section of sections) program.addSection(section, text);
    const table = program.writeTable(
      text,
      {
        entry: entry === undefined ? -1 : entry - text.start,
        returningAnywhere: returningAnywhere(elf, debug).map(({ start }) => start - text.start),
        savingRbp: calledByC(elf, debug).map(({ start }) => start - text.start),
        parts: [
          ...goroutineSwitches(elf, debug).map((part) => ({ ...part, words: rare.goroutineSwitch(part) })),
          ...threadRoots(elf, debug).map((part) => ({ ...part, words: END })),
        ].map(({ start, end, words }) => ({ start: start - text.start, end: end - text.start, words })),
        // Go's is walked by frame pointers, whatever stack it is on.
        uncovered: isGo(elf) ? undefined : new UncoveredCode(elf, debug, text.start),
      },
      rare,
    );
    if (table.rows.length / 2 >= MAX_ROWS) return "unsupported";
    return { ...table, rules: rare.rules, firstBucket: text.start / BUCKET_BYTES };
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) return "unsupported"; // no memory left
    throw error;
  }
}

function codeBefore(elf: ElfFile, address: number, length: number): Uint8Array {
  const segment = elf.segments.find(
    ({ type, executable, address: start, size }) =>
      type === PT_LOAD && executable && address > start && address <= start + size,
  );
  if (!segment) return new Uint8Array(0);
  const bytes = Math.min(length, address - segment.address);
  return elf.file.read(segment.offset + address - bytes - segment.address, bytes);
}

/** From the first to the last executable byte, the start rounded down to a bucket. */
function textRange(elf: ElfFile): TextRange | undefined {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const segment of elf.segments) {
    if (segment.type !== PT_LOAD || !segment.executable || segment.size === 0) continue;
    start = Math.min(start, segment.address);
    end = Math.max(end, segment.address + segment.size);
  }
  start -= start % BUCKET_BYTES;
  return end > start && end - start <= MAX_TEXT_BYTES ? { start, bytes: end - start } : undefined;
}
