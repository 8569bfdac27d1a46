import type { AbsoluteAddress } from "./address.js";
import { DisjointRanges } from "./disjoint-ranges.js";
import { printable } from "./symbol-name.js";

/** Most entries taken from one perf map. */
export const MAX_PERF_MAP_ENTRIES = 1 << 21;

/** Longest name, in UTF-16 units; longer ones are cut. */
const MAX_NAME_LENGTH = 16 << 10;

const FIRST_CAPACITY = 1 << 10;
const SPACE = 32;

/**
 * Code of a JIT by absolute address, from a perf map: a line `START SIZE name` for each piece of code, in hexadecimal.
 *
 * Addresses are used again after garbage collection, so where entries overlap the one written last counts.
 */
export class PerfMap {
  readonly #text: string;
  readonly #ranges: DisjointRanges;
  /** For each entry where its name begins in the text. */
  readonly #names: Uint32Array;
  /** Lines that are no entries, and entries above {@link MAX_PERF_MAP_ENTRIES}. */
  readonly skipped: number;

  private constructor(text: string, ranges: DisjointRanges, names: Uint32Array, skipped: number) {
    this.#text = text;
    this.#ranges = ranges;
    this.#names = names;
    this.skipped = skipped;
  }

  static parse(text: string): PerfMap {
    let starts = new Float64Array(FIRST_CAPACITY);
    let ends = new Float64Array(FIRST_CAPACITY);
    let names = new Uint32Array(FIRST_CAPACITY);
    let count = 0;
    let skipped = 0;
    const cursor = { at: 0 };
    for (let line = 0; line < text.length; line = cursor.at + 1) {
      cursor.at = line;
      const start = readHex(text, cursor);
      const size = readHex(text, cursor);
      const name = cursor.at;
      cursor.at = text.indexOf("\n", cursor.at);
      if (cursor.at < 0) cursor.at = text.length;
      if (!Number.isSafeInteger(start + size) || name >= cursor.at || count === MAX_PERF_MAP_ENTRIES) {
        if (cursor.at > line) skipped++;
        continue;
      }
      if (size === 0) continue;
      if (count === starts.length) {
        starts = grown(starts, new Float64Array(count * 2));
        ends = grown(ends, new Float64Array(count * 2));
        names = grown(names, new Uint32Array(count * 2));
      }
      starts[count] = start;
      ends[count] = start + size;
      names[count++] = name;
    }
    const ranges = new DisjointRanges(starts.subarray(0, count), ends.subarray(0, count));
    return new PerfMap(text, ranges, names.slice(0, count), skipped);
  }

  get size(): number {
    return this.#names.length;
  }

  /** Returns the name, as the JIT wrote it, of the code at an absolute address. */
  find(address: AbsoluteAddress): string | undefined {
    const entry = this.#ranges.find(address);
    if (entry < 0) return undefined;
    const from = this.#names[entry];
    const end = this.#text.indexOf("\n", from);
    const name = this.#text.slice(from, Math.min(end < 0 ? this.#text.length : end, from + MAX_NAME_LENGTH));
    // Through a buffer, because a slice would keep the text of the whole map in memory.
    return printable(Buffer.from(name.trimEnd()).toString());
  }
}

function grown<Column extends Float64Array | Uint32Array>(column: Column, larger: Column): Column {
  larger.set(column);
  return larger;
}

/** Reads a hexadecimal number and the spaces behind it; NaN if there is none. Never goes past the end of the line. */
function readHex(text: string, cursor: { at: number }): number {
  let at = cursor.at;
  if (text[at] === "0" && text[at + 1] === "x") at += 2;
  const first = at;
  let value = 0;
  let code = text.charCodeAt(at);
  for (; ; code = text.charCodeAt(++at)) {
    const digit = code <= 57 ? code - 48 : (code | 32) - 87;
    if (!(digit >= 0 && digit < 16) || (code > 57 && digit < 10)) break;
    value = value * 16 + digit;
  }
  const isNumber = at > first && at - first <= 16 && code === SPACE;
  while (text.charCodeAt(at) === SPACE) at++;
  cursor.at = at;
  return isNumber ? value : Number.NaN;
}
