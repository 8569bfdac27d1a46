/** A condition of each row: 1 where it holds, else 0. Four rows are one word, the first its lowest byte. */
export type Flags = Uint8Array;

/** Flags that are all 0, with room up to a whole word. */
export function newFlags(length: number): Flags {
  return new Uint8Array(new ArrayBuffer(4 * Math.ceil(length / 4)), 0, length);
}

/** Joins flags of the same rows, four at a time. */
export function joinedFlags(one: Flags, other: Flags, join: (one: number, other: number) => number): Flags {
  const flags = newFlags(one.length);
  const [words, ours, theirs] = [wordsOf(flags), wordsOf(one), wordsOf(other)];
  for (let i = 0; i < words.length; i++) words[i] = join(ours[i], theirs[i]);
  return flags;
}

/** The rows that have a 1. */
export function rowsOfFlags(flags: Flags): Int32Array {
  const words = wordsOf(flags);
  let count = 0;
  for (let i = 0; i < words.length; i++) count += Math.imul(words[i], 0x01010101) >>> 24; // the sum of its bytes
  const rows = new Int32Array(count + 1); // and one that is written and not kept
  let at = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === 0) continue;
    // No branch for each row: the processor would guess half of them wrong.
    rows[at] = 4 * i;
    at += word & 1;
    rows[at] = 4 * i + 1;
    at += (word >>> 8) & 1;
    rows[at] = 4 * i + 2;
    at += (word >>> 16) & 1;
    rows[at] = 4 * i + 3;
    at += word >>> 24;
  }
  return rows.subarray(0, count);
}

function wordsOf({ buffer, byteOffset, length }: Flags): Uint32Array {
  return new Uint32Array(buffer, byteOffset, Math.ceil(length / 4));
}
