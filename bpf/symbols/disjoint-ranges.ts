import { addressOrder } from "./address-order.js";

/**
 * Ranges that may overlap, cut into disjoint pieces: where several cover an address, the last one given wins.
 *
 * Takes the time of sorting the starts, whatever the overlaps.
 */
export class DisjointRanges {
  /** Where each piece begins, upwards; it ends where the next one begins. */
  readonly #edges: Float64Array;
  /** Which range each piece belongs to; -1 for none. */
  readonly #owners: Int32Array;

  /** Range `i` is `[starts[i], ends[i])`. */
  constructor(starts: Float64Array, ends: Float64Array) {
    const edges = new Float64Array(2 * starts.length);
    const owners = new Int32Array(2 * starts.length);
    const count = sweep(starts, ends, edges, owners);
    this.#edges = edges.slice(0, count);
    this.#owners = owners.slice(0, count);
  }

  /** Returns the number of the range that has the address; -1 if none has. */
  find(address: number): number {
    let from = 0;
    let to = this.#edges.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#edges[middle] <= address) from = middle + 1;
      else to = middle;
    }
    return from === 0 ? -1 : this.#owners[from - 1];
  }
}

/**
 * Goes through the addresses upwards, with the ranges that have begun in a heap: its top is the last one given. Others
 * that have ended are taken from it when they come to the top. Returns the number of pieces.
 */
function sweep(starts: Float64Array, ends: Float64Array, edges: Float64Array, owners: Int32Array): number {
  const order = ascending(starts);
  const begun = new Heap(starts.length);
  let pieces = 0;
  let owner = -1;
  for (let next = 0; next < order.length || begun.size > 0; ) {
    const nextStart = next < order.length ? starts[order[next]] : Number.POSITIVE_INFINITY;
    const at = begun.size > 0 ? Math.min(nextStart, ends[begun.top]) : nextStart;
    for (; next < order.length && starts[order[next]] === at; next++) begun.push(order[next]);
    while (begun.size > 0 && ends[begun.top] <= at) begun.pop();
    const now = begun.size > 0 ? begun.top : -1;
    if (now === owner) continue;
    edges[pieces] = at;
    owners[pieces++] = now;
    owner = now;
  }
  return pieces;
}

function ascending(addresses: Float64Array): Uint32Array {
  const low = new Uint32Array(addresses.length);
  const high = new Uint32Array(addresses.length);
  for (let i = 0; i < addresses.length; i++) {
    high[i] = addresses[i] / 0x1_0000_0000;
    low[i] = addresses[i] - high[i] * 0x1_0000_0000;
  }
  return addressOrder(low, high);
}

/** Numbers, the largest at the top. */
class Heap {
  size = 0;
  readonly #items: Int32Array;

  constructor(capacity: number) {
    this.#items = new Int32Array(capacity);
  }

  get top(): number {
    return this.#items[0];
  }

  push(item: number): void {
    const items = this.#items;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent] >= item) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  pop(): void {
    const items = this.#items;
    const size = --this.size;
    const item = items[size];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && items[child + 1] > items[child]) child++;
      if (items[child] <= item) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = item;
  }
}
