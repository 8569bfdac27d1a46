import { type ElfFile, PT_LOAD } from "../symbols/elf-file.js";
import type { Reason } from "../symbols/reason.js";
import { type CfiSection, type Fdes, readEntries } from "./cfi-entries.js";
import { CfiMachine } from "./cfi-machine.js";
import { debugFrameSections, ehFrameSections } from "./cfi-sections.js";
import { ascending, withoutCovered } from "./fde-order.js";
import { BUCKET_SHIFT } from "./layout.js";
import { RowWriter } from "./row-writer.js";
import type { UnwindTable } from "./unwind-table.js";

/** Most bytes of text of one file, from its first to its last executable byte: an index of 16 MB. */
export const MAX_TEXT_BYTES = 2 ** 30;
/** Shorter holes between functions are padding, which never runs. */
const PADDING_BYTES = 16;
/** Unwind data that C++ without frame pointers has for each row, where it is densest. */
const BYTES_PER_ROW = 6;
const BUCKET_BYTES = 1 << BUCKET_SHIFT;

/** Functions of one section, ready to be run. */
interface Source {
  section: CfiSection;
  machine: CfiMachine;
  isSignalFrame: boolean[];
  fdes: Fdes;
}

/**
 * Builds the unwind table of a file from `.eh_frame`, and from `.debug_frame` where that has nothing.
 *
 * `debug` is a separate file with debug information of the same build. Never throws: damaged unwind data gives a table
 * with what could be read, or with no function at all.
 */
export function buildUnwindTable(elf: ElfFile, debug?: ElfFile): UnwindTable | Reason {
  const text = textRange(elf);
  if (!elf.isX86 || !text) return "unsupported";
  const sources = ehFrameSections(elf).map((section) => readSource(section, text));
  for (const file of debug ? [elf, debug] : [elf]) {
    for (const section of debugFrameSections(file)) {
      const source = readSource(section, text);
      source.fdes = withoutCovered(
        source.fdes,
        sources.map(({ fdes }) => fdes),
      );
      sources.push(source);
    }
  }
  return writeRows(sources, text);
}

/** From the first to the last executable byte, the start rounded down to a bucket. */
function textRange(elf: ElfFile): { start: number; bytes: number } | undefined {
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

function readSource(section: CfiSection, text: { start: number; bytes: number }): Source {
  const { cies, fdes } = readEntries(section, text.start, text.bytes);
  return {
    section,
    machine: new CfiMachine(section.reader, cies, text.start),
    isSignalFrame: cies.map((cie) => cie.isSignalFrame),
    fdes,
  };
}

function writeRows(sources: Source[], text: { start: number; bytes: number }): UnwindTable | Reason {
  const order = ascending(sources.map(({ fdes }) => fdes));
  const bytes = sources.reduce((sum, { section }) => sum + section.reader.bytes.length, 0);
  const expectedRows = Math.ceil(bytes / BYTES_PER_ROW);
  const buckets = Math.ceil(text.bytes / BUCKET_BYTES);
  const writer = new RowWriter(buckets, expectedRows);
  let covered = 0;
  for (let at = 0; at < order.count; at++) {
    const source = sources[order.source(at)];
    const fde = order.fde(at);
    const start = source.fdes.start[fde];
    // Where functions overlap the later one counts, as in a search of .eh_frame_hdr.
    const end =
      at + 1 < order.count ? Math.min(source.fdes.end[fde], order.start(at + 1)) : source.fdes.end[fde];
    if (end <= start) continue;
    if (start - covered >= PADDING_BYTES) writer.none(covered);
    runFunction(source, fde, start, end, writer);
    covered = end;
  }
  if (covered > 0 && text.bytes - covered >= PADDING_BYTES) writer.none(covered);
  writer.finish();
  if (!writer.isComplete) return "unsupported";
  return {
    rows: writer.rows,
    index: writer.index,
    rules: writer.rules,
    firstBucket: text.start / BUCKET_BYTES,
    functions: order.count,
    unsupportedRows: writer.unsupported,
  };
}

function runFunction(source: Source, fde: number, start: number, end: number, writer: RowWriter): void {
  const { section, machine, fdes } = source;
  const cie = fdes.cie[fde];
  const isSignalFrame = source.isSignalFrame[cie];
  const known = machine.run(cie, start, end, fdes.instructions[fde], fdes.instructionsEnd[fde], (pc, state) =>
    writer.state(pc, state, section.reader, isSignalFrame),
  );
  if (known < end) writer.unknown(known);
}
