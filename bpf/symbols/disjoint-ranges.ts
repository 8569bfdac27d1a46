/**
 * Ranges that may overlap, cut into disjoint pieces: where several cover an address, the last one given wins.
 *
 * Takes the time of sorting the ends, whatever the overlaps.
 */
export class DisjointRanges {
  /** Every distinct start and end, upwards; piece `i` is `[edges[i], edges[i + 1])`. */
  readonly #edges: Float64Array;
  /** Which range each piece belongs to; -1 for none. */
  readonly #owners: Int32Array;

  /** Range `i` is `[starts[i], ends[i])`. */
  constructor(starts: Float64Array, ends: Float64Array) {
    this.#edges = distinctEdges(starts, ends);
    this.#owners = new Int32Array(this.#edges.length).fill(-1);
    // For each piece the first one from it on that has no owner yet; paths are halved on the way.
    const free = new Int32Array(this.#edges.length + 1);
    for (let i = 0; i < free.length; i++) free[i] = i;
    const firstFree = (piece: number): number => {
      let at = piece;
      while (free[at] !== at) {
        free[at] = free[free[at]];
        at = free[at];
      }
      return at;
    };
    for (let range = starts.length - 1; range >= 0; range--) {
      let piece = firstFree(this.#lastEdgeUpTo(starts[range]));
      while (piece < this.#edges.length && this.#edges[piece] < ends[range]) {
        this.#owners[piece] = range;
        free[piece] = piece + 1;
        piece = firstFree(piece + 1);
      }
    }
  }

  /** Returns the number of the range that has the address; -1 if none has. */
  find(address: number): number {
    const edge = this.#lastEdgeUpTo(address);
    return edge < 0 ? -1 : this.#owners[edge];
  }

  #lastEdgeUpTo(address: number): number {
    let from = 0;
    let to = this.#edges.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#edges[middle] <= address) from = middle + 1;
      else to = middle;
    }
    return from - 1;
  }
}

function distinctEdges(starts: Float64Array, ends: Float64Array): Float64Array {
  const edges = new Float64Array(starts.length * 2);
  edges.set(starts);
  edges.set(ends, starts.length);
  edges.sort();
  let count = 0;
  for (let i = 0; i < edges.length; i++) {
    if (i === 0 || edges[i] !== edges[i - 1]) edges[count++] = edges[i];
  }
  return edges.slice(0, count);
}
