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
    let keys = new Int32Array(count);
    let positions = new Int32Array(count);
    let highest = 0;
    for (let i = 0; i < count; i++) {
      const at = (count - 1 - i) * FDE_WORDS;
      positions[i] = at;
      keys[i] = words[at];
      if (words[at] > highest) highest = words[at];
    }
    // Two stable passes of counting, each over half of the bits that there are.
    const bits = Math.ceil((32 - Math.clz32(highest)) / 2);
    const mask = (1 << bits) - 1;
    let sortedKeys = new Int32Array(count);
    let sorted = new Int32Array(count);
    for (let shift = 0; shift <= bits; shift += Math.max(1, bits)) {
      const places = new Int32Array(mask + 2);
      for (let i = 0; i < count; i++) places[((keys[i] >>> shift) & mask) + 1]++;
      for (let digit = 0; digit < mask; digit++) places[digit + 1] += places[digit];
      for (let i = 0; i < count; i++) {
        const key = keys[i];
        const to = places[(key >>> shift) & mask]++;
        sortedKeys[to] = key;
        sorted[to] = positions[i];
      }
      [keys, sortedKeys] = [sortedKeys, keys];
      [positions, sorted] = [sorted, positions];
    }
    return positions;
  }
}
