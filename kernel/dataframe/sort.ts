import type { Column } from "./columns/column.js";

/** Rows below which comparing is quicker than counting digits. */
const FEW_ROWS = 512;
const DIGIT_BITS = 16;
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

/** A stable radix sort of rows, which are overwritten, by as many digits as the ranks differ in. */
function sortedByRank(rows: Int32Array, rank: Ranks, ascending: boolean): Int32Array {
  let from = rows;
  let to: Int32Array = new Int32Array(rows.length);
  for (const word of sortableWords(rank, ascending)) {
    let differing = 0;
    for (let row = 1; row < word.length; row++) differing |= word[row] ^ word[0];
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      if (((differing >>> shift) & (DIGITS - 1)) === 0) continue;
      const next = new Int32Array(DIGITS + 1);
      for (let row = 0; row < word.length; row++) next[((word[row] >>> shift) & (DIGITS - 1)) + 1]++;
      for (let digit = 0; digit < DIGITS; digit++) next[digit + 1] += next[digit];
      for (let i = 0; i < from.length; i++) {
        const row = from[i];
        to[next[(word[row] >>> shift) & (DIGITS - 1)]++] = row;
      }
      [from, to] = [to, from];
    }
  }
  return from;
}

/** Ranks as unsigned words, lower word first, that are in the wanted order as integers; what is missing is the greatest. */
function sortableWords(rank: Ranks, ascending: boolean): Uint32Array[] {
  const { length } = rank;
  if (rank instanceof Int32Array) {
    const word = new Uint32Array(length);
    const flip = ascending ? 0x8000_0000 : 0x7fff_ffff;
    for (let row = 0; row < length; row++) word[row] = rank[row] ^ flip;
    return [word];
  }
  const bits = new Int32Array(rank.buffer, rank.byteOffset, 2 * length);
  const low = new Uint32Array(length);
  const high = new Uint32Array(length);
  for (let row = 0; row < length; row++) {
    const value = rank[row];
    if (Number.isNaN(value)) {
      low[row] = high[row] = 0xffff_ffff;
      continue;
    }
    // -0 and 0 are equal. Of a negative number, a greater magnitude is less.
    const upper = value === 0 ? 0 : bits[2 * row + 1];
    const lower = value === 0 ? 0 : bits[2 * row];
    const negative = upper >> 31; // all bits, or none
    const flip = ascending ? negative : ~negative;
    low[row] = lower ^ flip;
    high[row] = upper ^ (ascending ? flip | 0x8000_0000 : flip & 0x7fff_ffff);
  }
  return [low, high];
}
