import type { AbsoluteAddress } from "./address.js";
import type { Mapping } from "./maps.js";

/** The mappings of one process, disjoint and ordered by address. */
export class MappingTable {
  readonly #mappings: Mapping[];

  /** Takes mappings in any order; where two overlap, the later one counts, as with mmap(2). */
  constructor(mappings: Iterable<Mapping> = []) {
    const isTable = mappings instanceof MappingTable;
    this.#mappings = isTable ? mappings.#mappings.slice() : [];
    if (!isTable) for (const mapping of mappings) this.add(mapping);
  }

  get size(): number {
    return this.#mappings.length;
  }

  /** Goes through the mappings upwards by address. */
  [Symbol.iterator](): Iterator<Mapping> {
    return this.#mappings[Symbol.iterator]();
  }

  /** Returns the mapping that contains an absolute address. */
  find(address: AbsoluteAddress): Mapping | undefined {
    const mapping = this.#mappings[this.#firstEndingAfter(address)];
    return mapping && mapping.start <= address ? mapping : undefined;
  }

  /** Goes upwards through the mappings that share an address with the range `[start, end)`. */
  *overlapping(start: AbsoluteAddress, end: AbsoluteAddress): Generator<Mapping, void> {
    for (let i = this.#firstEndingAfter(start); i < this.#mappings.length; i++) {
      if (this.#mappings[i].start >= end) return;
      yield this.#mappings[i];
    }
  }

  /** Adds a mapping and cuts away what it covers of those before it, as mmap(2) with MAP_FIXED does. */
  add(mapping: Mapping): void {
    if (!(mapping.start < mapping.end)) return;
    const mappings = this.#mappings;
    const last = mappings.at(-1);
    if (!last || last.end <= mapping.start) {
      mappings.push(mapping);
      return;
    }
    const from = this.#firstEndingAfter(mapping.start);
    let to = from;
    const pieces: Mapping[] = [];
    for (; to < mappings.length && mappings[to].start < mapping.end; to++) {
      const old = mappings[to];
      if (old.start < mapping.start) pieces.push({ ...old, end: mapping.start });
      if (old.end > mapping.end) pieces.push(startingAt(old, mapping.end));
    }
    const after = pieces.findIndex((piece) => piece.start >= mapping.end);
    pieces.splice(after < 0 ? pieces.length : after, 0, mapping);
    mappings.splice(from, to - from, ...pieces);
  }

  /** Position of the first mapping with `end > address`; `size` if there is none. */
  #firstEndingAfter(address: AbsoluteAddress): number {
    let from = 0;
    let to = this.#mappings.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#mappings[middle].end > address) to = middle;
      else from = middle + 1;
    }
    return from;
  }
}

function startingAt(mapping: Mapping, start: AbsoluteAddress): Mapping {
  const fileOffset = mapping.inode === 0n ? mapping.fileOffset : mapping.fileOffset + (start - mapping.start);
  return { ...mapping, start, fileOffset };
}
