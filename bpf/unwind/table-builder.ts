import { type ElfFile, PT_LOAD } from "../symbols/elf-file.js";
import type { Reason } from "../symbols/reason.js";
import { debugFrameSections, ehFrameSections } from "./cfi-sections.js";
import { CfiSource, type TextRange } from "./cfi-source.js";
import { injectedFunctions } from "./go-injected.js";
import { BUCKET_SHIFT } from "./layout.js";
import { programEntry } from "./program-entry.js";
import { RowWriter } from "./row-writer.js";
import type { UnwindTable } from "./unwind-table.js";

/** Most bytes of text of one file, from its first to its last executable byte: an index of 16 MB. */
export const MAX_TEXT_BYTES = 2 ** 30;
/** Shorter holes between functions are padding, which never runs. */
const PADDING_BYTES = 16;
/** Code from a program's entry on that has no unwind data: glibc's loader has 61 bytes. */
const ENTRY_BYTES = 128;
/** Unwind data that C++ without frame pointers has for each row, where it is densest. */
const BYTES_PER_ROW = 6;
const BUCKET_BYTES = 1 << BUCKET_SHIFT;

/**
 * Builds the unwind table of a file from `.eh_frame`, and from `.debug_frame` where that has nothing.
 *
 * `debug` is a separate file with debug information of the same build. Never throws: damaged unwind data gives a table
 * with what could be read, or with no function at all.
 */
export function buildUnwindTable(elf: ElfFile, debug?: ElfFile): UnwindTable | Reason {
  const text = textRange(elf);
  if (!elf.isX86 || !text) return "unsupported";
  const sections = ehFrameSections(elf);
  const sources = sections.map((section) => new CfiSource(section, text));
  for (const file of debug ? [elf, debug] : [elf]) {
    for (const section of debugFrameSections(file)) {
      sections.push(section);
      sources.push(new CfiSource(section, text, [...sources]));
    }
  }
  const bytes = sections.reduce((sum, { reader }) => sum + reader.bytes.length, 0);
  const entry = (programEntry(elf) ?? Number.NEGATIVE_INFINITY) - text.start;
  const writer = new RowWriter(
    Math.ceil(text.bytes / BUCKET_BYTES),
    Math.ceil(bytes / BYTES_PER_ROW),
    (pc, length) => codeBefore(elf, text.start + pc, length),
  );
  const injected = new Set(injectedFunctions(elf, debug).map(({ start }) => start - text.start));
  return writeTable(sources, text, entry, injected, writer);
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

/** @param entry of the program, from the table's start, as the starts of functions that nothing called */
function writeTable(
  sources: CfiSource[],
  text: TextRange,
  entry: number,
  injected: ReadonlySet<number>,
  writer: RowWriter,
): UnwindTable | Reason {
  const next = sources.map(() => 0);
  let functions = 0;
  let covered = 0;
  for (let source = firstOf(sources, next); source >= 0; functions++) {
    const from = sources[source];
    const at = next[source]++;
    const start = from.start(at);
    const following = sources.length === 1 ? (at + 1 < from.count ? 0 : -1) : firstOf(sources, next);
    // Where functions overlap the later one counts, as in a search of .eh_frame_hdr.
    const limit = following < 0 ? text.bytes : sources[following].start(next[following]);
    const end = Math.min(from.end(at), limit);
    if (end > start) {
      writeHole(writer, covered, start, entry);
      writer.beginFunction(injected.size > 0 && injected.has(start));
      from.run(at, end, writer);
      covered = end;
    }
    source = following;
  }
  if (covered > 0) writeHole(writer, covered, text.bytes, entry);
  writer.finish();
  if (!writer.isComplete) return "unsupported";
  return {
    rows: writer.rows,
    index: writer.index,
    rules: writer.rules,
    firstBucket: text.start / BUCKET_BYTES,
    functions,
    unsupportedRows: writer.unsupported,
  };
}

/** What no unwind data cover; where the program's entry is there, it is a root. */
function writeHole(writer: RowWriter, start: number, end: number, entry: number): void {
  if (end - start < PADDING_BYTES) return;
  writer.none(start);
  if (entry < start || entry >= end) return;
  writer.root(entry);
  if (end - entry > ENTRY_BYTES) writer.none(entry + ENTRY_BYTES);
}

/** The number of the source whose next function begins first, -1 when none has another. */
function firstOf(sources: readonly CfiSource[], next: readonly number[]): number {
  let first = -1;
  for (let i = sources.length - 1; i >= 0; i--) {
    if (next[i] >= sources[i].count) continue;
    if (first < 0 || sources[i].start(next[i]) < sources[first].start(next[first])) first = i;
  }
  return first;
}
