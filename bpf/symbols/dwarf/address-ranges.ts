import type { ByteReader } from "./byte-reader.js";
import type { DebugSection } from "./debug-section.js";
import { readInitialLength } from "./unit-header.js";

/** Most ranges that are taken from the section. */
const MAX_RANGES = 1 << 20;

/** Bytes of the longest header of a set, with the padding behind it. */
const MAX_HEADER_BYTES = 64;

/**
 * Reads `.debug_aranges`: the ranges of each unit, as the compiler listed them beside the units.
 *
 * gcc writes it and clang and Go do not, so units may be missing. `add` gets the unit's offset in `.debug_info`.
 */
export function readAddressRanges(
  section: DebugSection,
  add: (unit: number, start: number, end: number) => void,
): void {
  let left = MAX_RANGES;
  for (let offset = 0; offset < section.size && left > 0; ) {
    const set = section.parse(offset, (reader) => readSetHeader(reader));
    if (!set || !(set.end <= section.size)) return;
    offset = set.end;
    if (set.tuples === undefined) continue;
    const { unit, addressSize, tuples } = set;
    const count = Math.min(Math.floor((set.end - tuples) / (2 * addressSize)), left);
    const ranges = section.parse(tuples, (reader) => readTuples(reader, count, addressSize)) ?? [];
    for (let i = 0; i < ranges.length; i += 2) add(unit, ranges[i], ranges[i + 1]);
    left -= 1 + ranges.length / 2;
  }
}

function readSetHeader(reader: ByteReader) {
  const start = reader.offset;
  const { length, is64 } = readInitialLength(reader);
  const end = reader.offset + length;
  const version = reader.u16();
  const unit = reader.sectionOffset(is64);
  const addressSize = reader.u8();
  const segmentSize = reader.u8();
  const header = reader.offset - start;
  if (reader.failed || length === 0 || header > MAX_HEADER_BYTES) return undefined;
  if (version !== 2 || segmentSize !== 0 || (addressSize !== 4 && addressSize !== 8)) return { end };
  // Tuples are aligned to their size from the beginning of the set.
  const tuples = start + Math.ceil(header / (2 * addressSize)) * 2 * addressSize;
  return { end, unit, addressSize, tuples };
}

/** Reads up to `count` pairs of start and length; gives pairs of start and end. */
function readTuples(reader: ByteReader, count: number, addressSize: number): number[] {
  const ranges: number[] = [];
  for (let i = 0; i < count && !reader.failed; i++) {
    const start = reader.unsigned(addressSize);
    const length = reader.unsigned(addressSize);
    if (start === 0 && length === 0) break;
    if (length > 0) ranges.push(start, start + length);
  }
  return ranges;
}
