import type { AbsoluteAddress } from "./address.js";
import { DisjointRanges } from "./disjoint-ranges.js";
import { printable } from "./symbol-name.js";

/** Most entries taken from one perf map. */
export const MAX_PERF_MAP_ENTRIES = 1 << 20;

/** Longest name; longer ones are cut. */
const MAX_NAME_BYTES = 16 << 10;

const FIRST_CAPACITY = 1 << 10;
const SPACE = 32;
const NEW_LINE = 10;

/**
 * Code of a JIT by absolute address, from a perf map: a line `START SIZE name` for each piece of code, in hexadecimal.
 *
 * Addresses are used again after garbage collection, so where entries overlap the one written last counts. Of a map with
 * too many the last are taken.
 */
export class PerfMap {
  private constructor(
    /** What the names are in. */
    private readonly bytes: Uint8Array,
    private readonly ranges: DisjointRanges,
    /** For each entry where its name begins. */
    private readonly names: Uint32Array,
    /** Lines that are no entries, and those before the last {@link MAX_PERF_MAP_ENTRIES}. */
    readonly skipped: number,
  ) {}

  static parse(bytes: Uint8Array): PerfMap {
    let starts = new Float64Array(FIRST_CAPACITY);
    let ends = new Float64Array(FIRST_CAPACITY);
    let names = new Uint32Array(FIRST_CAPACITY);
    let count = 0;
    let skipped = 0;
    const cursor = { at: 0 };
    // From the end, where what counts is.
    for (let end = bytes.length; end > 0; ) {
      const line = lineStart(bytes, end);
      cursor.at = line;
      const start = readHex(bytes, cursor, end);
      const size = readHex(bytes, cursor, end);
      const isEntry = Number.isSafeInteger(start + size) && cursor.at < end;
      if (!isEntry) {
        if (end > line) skipped++;
      } else if (size > 0) {
        if (count === starts.length) {
          starts = grown(starts, new Float64Array(count * 2));
          ends = grown(ends, new Float64Array(count * 2));
          names = grown(names, new Uint32Array(count * 2));
        }
        starts[count] = start;
        ends[count] = start + size;
        names[count++] = cursor.at;
        if (count === MAX_PERF_MAP_ENTRIES) {
          skipped += linesIn(bytes, line);
          break;
        }
      }
      end = line - 1;
    }
    names = names.slice(0, count).reverse();
    const ranges = new DisjointRanges(starts.subarray(0, count).reverse(), ends.subarray(0, count).reverse());
    return new PerfMap(bytes, ranges, names, skipped);
  }

  get size(): number {
    return this.names.length;
  }

  /** Returns the name, as the JIT wrote it, of the code at an absolute address. */
  find(address: AbsoluteAddress): string | undefined {
    const entry = this.ranges.find(address);
    if (entry < 0) return undefined;
    const from = this.names[entry];
    const end = this.bytes.indexOf(NEW_LINE, from);
    const name = this.bytes.subarray(
      from,
      Math.min(end < 0 ? this.bytes.length : end, from + MAX_NAME_BYTES),
    );
    return printable(Buffer.from(name.buffer, name.byteOffset, name.byteLength).toString().trimEnd());
  }
}

function linesIn(bytes: Uint8Array, end: number): number {
  let lines = 0;
  for (let at = 0; at < end; at++) if (bytes[at] === NEW_LINE) lines++;
  return lines;
}

/** Where the line begins that ends before `end`. */
function lineStart(bytes: Uint8Array, end: number): number {
  let at = end;
  while (at > 0 && bytes[at - 1] !== NEW_LINE) at--;
  return at;
}

function grown<Column extends Float64Array | Uint32Array>(column: Column, larger: Column): Column {
  larger.set(column);
  return larger;
}

/** Reads a hexadecimal number and the spaces behind it; NaN if there is none. Never goes past the end of the line. */
function readHex(bytes: Uint8Array, cursor: { at: number }, end: number): number {
  let at = cursor.at;
  if (bytes[at] === 0x30 && bytes[at + 1] === 0x78 && at + 1 < end) at += 2;
  const first = at;
  let value = 0;
  for (; at < end; at++) {
    const code = bytes[at];
    const digit = code <= 57 ? code - 48 : (code | 32) - 87;
    if (!(digit >= 0 && digit < 16) || (code > 57 && digit < 10)) break;
    value = value * 16 + digit;
  }
  const isNumber = at > first && at - first <= 16 && at < end && bytes[at] === SPACE;
  while (at < end && bytes[at] === SPACE) at++;
  cursor.at = at;
  return isNumber ? value : Number.NaN;
}
