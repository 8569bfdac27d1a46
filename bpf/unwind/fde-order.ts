import { emptyFdes, type Fdes } from "./cfi-entries.js";

/** Functions of several sections in the order of their start. */
export interface FdeOrder {
  count: number;
  source(at: number): number;
  fde(at: number): number;
  start(at: number): number;
}

/** Orders by start, and where that is the same the earlier list last, which counts more. */
export function ascending(lists: readonly Fdes[]): FdeOrder {
  const count = lists.reduce((sum, { count }) => sum + count, 0);
  const starts = new Uint32Array(count);
  const numbers = new Uint32Array(count);
  const firsts: number[] = [];
  let filled = 0;
  for (const list of lists) {
    firsts.push(filled);
    starts.set(list.start.subarray(0, list.count), filled);
    filled += list.count;
  }
  for (let i = 0; i < count; i++) numbers[i] = count - 1 - i;
  const order = radixSort(starts, numbers);
  const source = (at: number) => {
    let list = firsts.length - 1;
    while (order[at] < firsts[list]) list--;
    return list;
  };
  return {
    count,
    source,
    fde: (at) => order[at] - firsts[source(at)],
    start: (at) => starts[order[at]],
  };
}

/** Leaves out of `fdes` what begins within a function of `lists`. */
export function withoutCovered(fdes: Fdes, lists: readonly Fdes[]): Fdes {
  const order = ascending(lists);
  const kept = emptyFdes(fdes.count);
  for (let i = 0; i < fdes.count; i++) {
    const start = fdes.start[i];
    let low = 0;
    for (let high = order.count; low < high; ) {
      const middle = (low + high) >>> 1;
      if (order.start(middle) <= start) low = middle + 1;
      else high = middle;
    }
    if (low > 0 && lists[order.source(low - 1)].end[order.fde(low - 1)] > start) continue;
    const at = kept.count++;
    for (const column of ["start", "end", "cie", "instructions", "instructionsEnd"] as const)
      kept[column][at] = fdes[column][i];
  }
  return kept;
}

const DIGIT_BITS = 15;
const DIGITS = 1 << DIGIT_BITS;

/** Orders numbers by the start that each has, below 2^30: two stable passes of 15 bits. */
function radixSort(starts: Uint32Array, numbers: Uint32Array): Uint32Array {
  let from = numbers;
  let to: Uint32Array = new Uint32Array(numbers.length);
  for (const shift of [0, DIGIT_BITS]) {
    const places = new Uint32Array(DIGITS + 1);
    for (let i = 0; i < from.length; i++) places[((starts[from[i]] >>> shift) & (DIGITS - 1)) + 1]++;
    for (let digit = 0; digit < DIGITS; digit++) places[digit + 1] += places[digit];
    for (let i = 0; i < from.length; i++) {
      const number = from[i];
      to[places[(starts[number] >>> shift) & (DIGITS - 1)]++] = number;
    }
    [from, to] = [to, from];
  }
  return from;
}
