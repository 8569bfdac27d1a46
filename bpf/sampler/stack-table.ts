import { SAMPLE, SAMPLE_PENDING } from "./layout.js";

/** Words (u32) that go before the addresses of each stored stack. */
const HEADER_WORDS = 5;

/** One raw stack: absolute addresses, each part leaf first, as two u32 words (low, high). */
export interface RawStack {
  /** Number of the process's image, in which the addresses have a meaning; 0 for none. */
  image: number;
  flags: number;
  /** Bytes of the kernel part, or a negative errno. */
  kernelBytes: number;
  /** Bytes of the user part. */
  userBytes: number;
  /** How the walk of the user part ended, by its number in UNWIND_ENDS. */
  unwindEnd: number;
  /** Low and high word of each address: the kernel part, then the user part. */
  words: Uint32Array;
}

/**
 * Interns raw stacks: equal (process image, flags, end, addresses) get the same number, counted from 0.
 *
 * Stacks lie end to end in one array of words, found by an open-addressing hash of them, so that a sample whose stack
 * was seen before allocates nothing.
 */
export class StackTable {
  #arena = new Uint32Array(1 << 16);
  #used = 0;
  /** Start of stack i in the arena; one more at the end. */
  #starts = new Uint32Array(1 << 10);
  #count = 0;
  #slots = new Int32Array(1 << 11).fill(-1);
  #hashes = new Uint32Array(1 << 10);
  /** Of the record at hand: one array for all, so that a sample allocates nothing. */
  readonly #header = new Uint32Array(HEADER_WORDS);
  /** Stack that was walked in part → the whole one. */
  #finished = new Map<number, number>();

  get size(): number {
    return this.#count;
  }

  /** Number of the stack in the record that starts at word `at` of `record`. */
  intern(record: Uint32Array, at: number, image: number): number {
    this.#readHeader(record, at, image);
    const header = this.#header;
    const first = at + (SAMPLE.addresses >> 2);
    const end = first + addressWords(header);
    let hash = 0x9e3779b9;
    // Steps of MurmurHash3 without its first half, and without a call: this is what a sample costs most.
    for (let i = 0; i < HEADER_WORDS; i++) {
      hash = Math.imul(hash ^ header[i], 0x1b873593);
      hash = (hash << 13) | (hash >>> 19);
    }
    // The lower half of each address: the upper ones hardly differ.
    for (let i = first; i < end; i += 2) {
      hash = Math.imul(hash ^ record[i], 0x1b873593);
      hash = (hash << 13) | (hash >>> 19);
    }
    hash = finish(hash);

    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (; this.#slots[slot] !== -1; slot = (slot + 1) & mask) {
      const candidate = this.#slots[slot];
      if (this.#hashes[candidate] === hash && this.#equals(candidate, record, first, end)) return candidate;
    }
    const stack = this.#append(hash, record, first, end);
    this.#slots[slot] = stack;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return stack;
  }

  /** Number of the record's stack, which no other record gets: it will be finished on its own. */
  add(record: Uint32Array, at: number, image: number): number {
    this.#readHeader(record, at, image);
    const first = at + (SAMPLE.addresses >> 2);
    return this.#append(0, record, first, first + addressWords(this.#header));
  }

  /**
   * Replaces the user part of a stack that was added, now that it was walked further.
   *
   * @param addresses absolute, leaf first
   * @param unwindEnd number in UNWIND_ENDS
   */
  finish(stack: number, addresses: BigUint64Array, unwindEnd: number): void {
    const { image, flags, kernelBytes, words } = this.get(stack);
    const first = SAMPLE.addresses >> 2;
    const kernelWords = Math.max(kernelBytes, 0) >> 2;
    const record = new Uint32Array(first + kernelWords + 2 * addresses.length);
    record[SAMPLE.flags >> 2] = flags & ~SAMPLE_PENDING;
    record[SAMPLE.unwind_end >> 2] = unwindEnd;
    record[SAMPLE.kernel_bytes >> 2] = kernelBytes;
    record[SAMPLE.user_bytes >> 2] = 8 * addresses.length;
    record.set(words.subarray(0, kernelWords), first);
    record.set(
      new Uint32Array(addresses.buffer, addresses.byteOffset, 2 * addresses.length),
      first + kernelWords,
    );
    this.#finished.set(stack, this.intern(record, 0, image));
  }

  get(number: number): RawStack {
    const stack = this.#finished.get(number) ?? number;
    const at = this.#starts[stack];
    const a = this.#arena;
    return {
      image: a[at],
      flags: a[at + 1],
      kernelBytes: a[at + 2] | 0,
      userBytes: a[at + 3] | 0,
      unwindEnd: a[at + 4],
      words: a.subarray(at + HEADER_WORDS, this.#starts[stack + 1]),
    };
  }

  /** What of a record makes its stack, beside the addresses. */
  #readHeader(record: Uint32Array, at: number, image: number): void {
    const header = this.#header;
    header[0] = image;
    header[1] = record[at + (SAMPLE.flags >> 2)];
    header[2] = record[at + (SAMPLE.kernel_bytes >> 2)];
    header[3] = record[at + (SAMPLE.user_bytes >> 2)];
    header[4] = record[at + (SAMPLE.unwind_end >> 2)];
  }

  #equals(stack: number, record: Uint32Array, first: number, end: number): boolean {
    const arena = this.#arena;
    const header = this.#header;
    let at = this.#starts[stack];
    if (this.#starts[stack + 1] - at !== HEADER_WORDS + end - first) return false;
    for (let i = 0; i < HEADER_WORDS; i++) if (arena[at++] !== header[i]) return false;
    for (let i = first; i < end; i++) if (arena[at++] !== record[i]) return false;
    return true;
  }

  #append(hash: number, record: Uint32Array, first: number, end: number): number {
    const needed = this.#used + HEADER_WORDS + end - first;
    while (needed > this.#arena.length) this.#arena = doubled(this.#arena);
    if (this.#count + 2 > this.#starts.length) {
      this.#starts = doubled(this.#starts);
      this.#hashes = doubled(this.#hashes);
    }
    this.#arena.set(this.#header, this.#used);
    this.#arena.set(record.subarray(first, end), this.#used + HEADER_WORDS);
    this.#starts[this.#count] = this.#used;
    this.#hashes[this.#count] = hash;
    this.#used = needed;
    this.#starts[++this.#count] = needed;
    return this.#count - 1;
  }

  #rehash(): void {
    const interned = this.#slots.filter((stack) => stack !== -1);
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = this.#slots.length - 1;
    for (const stack of interned) {
      let slot = this.#hashes[stack] & mask;
      while (this.#slots[slot] !== -1) slot = (slot + 1) & mask;
      this.#slots[slot] = stack;
    }
  }
}

/** Words of the addresses behind a header; a length below 0 is an error's number. */
function addressWords(header: Uint32Array): number {
  return (Math.max(header[2] | 0, 0) >> 2) + (Math.max(header[3] | 0, 0) >> 2);
}

function doubled(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(words.length * 2);
  grown.set(words);
  return grown;
}

/** The end of MurmurHash3 (x86, 32 bits), by Austin Appleby, public domain. */
function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
