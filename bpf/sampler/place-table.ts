import { FURTHER_SHIFT, POSITION_MASK, RULE_BYTES } from "../unwind/layout.js";
import type { UnwindTable } from "../unwind/unwind-table.js";
import { CHUNK_WORDS } from "./arena-spans.js";

/** Rows that an index entry can make one run of: the one in force and 255 further ones. */
const MAX_RUN_ROWS = 256;
const RULE_WORDS = RULE_BYTES / 8;

/** Where the parts of a table lie, and what is to be written there. */
export interface PlacedTable {
  /** Words of 8 bytes, two numbers each, from the position on. */
  words: Uint32Array;
  /** In units of 4 bytes of the arena, as struct unwind_mapping has it. */
  index: number;
  buckets: number;
  /** In words. */
  rules: number;
}

/** Words that a table takes within one chunk. */
export function wordsInChunk(table: UnwindTable): number {
  return fixedWords(table) + table.rows.length / 2;
}

/** Most words that a table can take, wherever it is placed. */
export function mostWords(table: UnwindTable): number {
  const borders = Math.ceil(wordsInChunk(table) / CHUNK_WORDS) + 1;
  return wordsInChunk(table) + borders * MAX_RUN_ROWS;
}

/** Rules and index, which lie before the rows. */
function fixedWords({ rules, index }: UnwindTable): number {
  return rules.byteLength / 8 + Math.ceil(index.length / 2);
}

/**
 * Lays a table out for a position, a multiple of 4 words: rules, index, rows.
 *
 * Where the rows of a bucket would lie across the end of a chunk they begin anew in the next one, the row in force
 * repeated: the walk looks for a row in one chunk.
 */
export function placeTable(table: UnwindTable, position: number): PlacedTable {
  const { rows, index, rules } = table;
  const words = new Uint32Array(2 * mostWords(table));
  words.set(new Uint32Array(rules.buffer, rules.byteOffset, rules.byteLength / 4));
  const indexWord = (rules.byteLength / RULE_BYTES) * RULE_WORDS;
  const firstRow = fixedWords(table);
  /** What is added to the number of a row for its word in `words`. */
  let shift = firstRow;
  /** Rows from `first` up to `next` belong to the buckets so far, and are not copied yet. */
  let first = 0;
  let next = 0;
  // In pieces as long as they can be: a copy for each bucket would cost more than all else.
  const copy = () => words.set(rows.subarray(2 * first, 2 * next), 2 * (first + shift));
  for (let bucket = 0; bucket < index.length; bucket++) {
    const row = index[bucket] & POSITION_MASK;
    const further = index[bucket] >>> FURTHER_SHIFT;
    const last = row + further;
    if (chunkOf(position + row + shift) !== chunkOf(position + last + shift)) {
      copy();
      const border = (chunkOf(position + row + shift) + 1) * CHUNK_WORDS;
      shift = border - position - row;
      first = row;
      next = row;
    }
    if (last >= next) next = last + 1;
    words[2 * indexWord + bucket] = ((further << FURTHER_SHIFT) | (position + row + shift)) >>> 0;
  }
  copy();
  return {
    words: words.subarray(0, 2 * Math.max(next + shift, firstRow)),
    index: 2 * (position + indexWord),
    buckets: index.length,
    rules: position,
  };
}

function chunkOf(position: number): number {
  return Math.floor(position / CHUNK_WORDS);
}
