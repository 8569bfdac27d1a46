import type { Column } from "./columns/column.js";

/** Rows below which comparing is quicker than counting digits. */
const FEW_ROWS = 512;
const DIGIT_BITS = 11;
const DIGITS = 2 ** DIGIT_BITS;

type Ranks = Float64Array | Int32Array;

/** The rows in the order of these columns, the first deciding first; equal rows keep their order, missing values come last. */
export function sortedRows(
  columns: readonly Column[],
  ascending: readonly boolean[],
  length: number,
): Int32Array {
  const ranks = columns.map((column) => column.ranks());
  const rows: Int32Array = new Int32Array(length);
  for (let row = 0; row < length; row++) rows[row] = row;
  if (length < FEW_ROWS) return rows.sort((a, b) => compare(ranks, ascending, a, b));
  // Each pass keeps the order of the pass before, so the column that decides comes last.
  let sorted = rows;
  for (let k = ranks.length - 1; k >= 0; k--) sorted = sortedByRank(sorted, ranks[k], ascending[k]);
  return sorted;
}

function compare(ranks: readonly Ranks[], ascending: readonly boolean[], a: number, b: number): number {
  for (let k = 0; k < ranks.length; k++) {
    const left = ranks[k][a];
    const right = ranks[k][b];
    if (left === right) continue;
    const leftMissing = Number.isNaN(left);
    if (leftMissing !== Number.isNaN(right)) return leftMissing ? 1 : -1;
    if (!leftMissing) return left < right === ascending[k] ? -1 : 1;
  }
  return a - b;
}

/** Rows, and the words that each is sorted by. */
interface Keyed {
  readonly rows: Int32Array;
  readonly words: readonly Uint32Array[];
}

/** A stable radix sort of rows by as many digits as the ranks differ in. The words move with their rows: memory is read in order. */
function sortedByRank(rows: Int32Array, rank: Ranks, ascending: boolean): Int32Array {
  const { length } = rows;
  const words = sortableWords(rows, rank, ascending);
  let from: Keyed = { rows, words };
  let to: Keyed = { rows: new Int32Array(length), words: words.map(() => new Uint32Array(length)) };
  const next = new Int32Array(DIGITS + 1);
  for (let w = 0; w < words.length; w++) {
    const differing = differingBits(from.words[w]);
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      if (((differing >>> shift) & (DIGITS - 1)) === 0) continue;
      const by = from.words[w];
      next.fill(0);
      for (let i = 0; i < length; i++) next[((by[i] >>> shift) & (DIGITS - 1)) + 1]++;
      for (let digit = 0; digit < DIGITS; digit++) next[digit + 1] += next[digit];
      // Words that were sorted by already have nothing more to say.
      scatter(by, shift, next, from.rows, to.rows, from.words.slice(w), to.words.slice(w));
      [from, to] = [to, from];
    }
  }
  return from.rows;
}

function differingBits(word: Uint32Array): number {
  let differing = 0;
  for (let i = 1; i < word.length; i++) differing |= word[i] ^ word[0];
  return differing;
}

function scatter(
  by: Uint32Array,
  shift: number,
  next: Int32Array,
  rows: Int32Array,
  rowsTo: Int32Array,
  [word, other]: readonly Uint32Array[],
  [wordTo, otherTo]: readonly Uint32Array[],
): void {
  for (let i = 0; i < by.length; i++) {
    const at = next[(by[i] >>> shift) & (DIGITS - 1)]++;
    rowsTo[at] = rows[i];
    wordTo[at] = word[i];
    if (other) otherTo[at] = other[i];
  }
}

/** Ranks of rows as unsigned words, lower word first, in the wanted order as integers; what is missing is the greatest. */
function sortableWords(rows: Int32Array, rank: Ranks, ascending: boolean): Uint32Array[] {
  const { length } = rows;
  if (rank instanceof Int32Array) {
    const word = new Uint32Array(length);
    const flip = ascending ? 0x8000_0000 : 0x7fff_ffff;
    for (let i = 0; i < length; i++) word[i] = rank[rows[i]] ^ flip;
    return [word];
  }
  const bits = new Int32Array(rank.buffer, rank.byteOffset, 2 * rank.length);
  const low = new Uint32Array(length);
  const high = new Uint32Array(length);
  for (let i = 0; i < length; i++) {
    const row = rows[i];
    const value = rank[row];
    if (Number.isNaN(value)) {
      low[i] = high[i] = 0xffff_ffff;
      continue;
    }
    // -0 and 0 are equal. Of a negative number, a greater magnitude is less.
    const upper = value === 0 ? 0 : bits[2 * row + 1];
    const lower = value === 0 ? 0 : bits[2 * row];
    const negative = upper >> 31; // all bits, or none
    const flip = ascending ? negative : ~negative;
    low[i] = lower ^ flip;
    high[i] = upper ^ (ascending ? flip | 0x8000_0000 : flip & 0x7fff_ffff);
  }
  return [low, high];
}
