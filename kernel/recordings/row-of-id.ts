/** Where each id stands in a list of ids: an open-addressing table of words, as a Map of 64-bit numbers is slow. */
export class RowOfId {
  readonly #words: Int32Array;
  readonly #slots: Int32Array;

  /** @param twice Called with an id that stands in the list twice. */
  constructor(ids: BigInt64Array, twice: (id: bigint) => never) {
    this.#words = new Int32Array(ids.buffer, ids.byteOffset, 2 * ids.length);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * ids.length + 2))).fill(-1);
    for (let row = 0; row < ids.length; row++) {
      const slot = slotOf(this.#slots, this.#words, this.#words[2 * row], this.#words[2 * row + 1]);
      if (this.#slots[slot] >= 0) twice(ids[row]);
      this.#slots[slot] = row;
    }
  }

  /**
   * The row of each of these.
   *
   * @param missing Called with an id that is not in the list.
   * @param rows Where they are written, from `at` on.
   */
  rows(
    ids: BigInt64Array,
    missing: (id: bigint) => never,
    rows = new Int32Array(ids.length),
    at = 0,
  ): Int32Array {
    const words = new Int32Array(ids.buffer, ids.byteOffset, 2 * ids.length);
    const [slots, known] = [this.#slots, this.#words];
    for (let i = 0; i < ids.length; i++) {
      const row = slots[slotOf(slots, known, words[2 * i], words[2 * i + 1])];
      if (row < 0) missing(ids[i]);
      rows[at + i] = row;
    }
    return rows;
  }
}

/** The slot that has this id, or the free one where it would be. */
function slotOf(slots: Int32Array, words: Int32Array, low: number, high: number): number {
  const mask = slots.length - 1;
  let slot = (low ^ Math.imul(high, 0x9e3779b1)) & mask; // ids are hashes already
  for (; slots[slot] >= 0; slot = (slot + 1) & mask) {
    const row = slots[slot];
    if (words[2 * row] === low && words[2 * row + 1] === high) break;
  }
  return slot;
}
