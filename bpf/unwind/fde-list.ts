/** Most functions kept of a section; the largest browsers have half as many. */
const MAX_FDES = 1_500_000;

/** Words of a function in {@link FdeList.words}. */
export const FDE_WORDS = 5;
/** Where it begins and, exclusive, ends, from the table's own start. */
export const FDE_START = 0;
export const FDE_END = 1;
/** Number of its CIE. */
export const FDE_CIE = 2;
/** Where its instructions begin and end in the section. */
export const FDE_CODE = 3;
export const FDE_CODE_END = 4;

/** Functions with unwind instructions; the words of one lie together, because they are read together. */
export class FdeList {
  count = 0;
  words: Int32Array;

  constructor(expected = 16) {
    this.words = new Int32Array(Math.max(16, Math.min(expected, MAX_FDES)) * FDE_WORDS);
  }

  push(start: number, end: number, cie: number, code: number, codeEnd: number): void {
    if (this.count >= MAX_FDES) return;
    const at = this.count++ * FDE_WORDS;
    if (at + FDE_WORDS > this.words.length) {
      const grown = new Int32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    const { words } = this;
    words[at] = start;
    words[at + FDE_END] = end;
    words[at + FDE_CIE] = cie;
    words[at + FDE_CODE] = code;
    words[at + FDE_CODE_END] = codeEnd;
  }

  /** The positions in {@link words} of the functions, by their start; where that is the same, the first in the list last. */
  ascending(): Int32Array {
    const { count, words } = this;
    let by: Keyed = { keys: new Int32Array(count), positions: new Int32Array(count) };
    const highest = fillBackwards(by, words);
    // Two stable passes, each over half of the bits that there are.
    const bits = Math.max(1, Math.ceil((32 - Math.clz32(highest)) / 2));
    let into: Keyed = { keys: new Int32Array(count), positions: new Int32Array(count) };
    for (const shift of [0, bits]) {
      sortByDigit(by, into, countDigits(by.keys, shift, bits), shift, bits);
      [by, into] = [into, by];
    }
    return by.positions;
  }
}

interface Keyed {
  keys: Int32Array;
  positions: Int32Array;
}

// One loop a function: V8 compiles a loop that runs long for itself, and comes out of it into uncompiled code.

/** Returns the highest key. */
function fillBackwards({ keys, positions }: Keyed, words: Int32Array): number {
  let highest = 0;
  for (let i = 0, at = (keys.length - 1) * FDE_WORDS; at >= 0; i++, at -= FDE_WORDS) {
    const key = words[at];
    positions[i] = at;
    keys[i] = key;
    if (key > highest) highest = key;
  }
  return highest;
}

/** How often each digit is there, at the number behind its own. */
function countDigits(keys: Int32Array, shift: number, bits: number): Int32Array {
  const counts = new Int32Array((1 << bits) + 1);
  const mask = (1 << bits) - 1;
  for (let i = 0; i < keys.length; i++) counts[((keys[i] >>> shift) & mask) + 1]++;
  return counts;
}

function sortByDigit(from: Keyed, to: Keyed, counts: Int32Array, shift: number, bits: number): void {
  const mask = (1 << bits) - 1;
  addUp(counts);
  const { keys, positions } = from;
  const [toKeys, toPositions] = [to.keys, to.positions];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const place = counts[(key >>> shift) & mask]++;
    toKeys[place] = key;
    toPositions[place] = positions[i];
  }
}

function addUp(counts: Int32Array): void {
  for (let i = 1; i < counts.length; i++) counts[i] += counts[i - 1];
}
