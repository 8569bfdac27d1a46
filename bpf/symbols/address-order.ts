const DIGIT_BITS = 16;
const DIGIT_VALUES = 1 << DIGIT_BITS;

/**
 * Returns the order that sorts 64-bit addresses upwards: positions into the input, equal addresses in input order.
 *
 * Addresses are given as low and high 32-bit halves. Linear in their number whatever the input (a radix sort that
 * skips digits in which all agree), so that a hostile file cannot make it slow.
 */
export function addressOrder(low: Uint32Array, high: Uint32Array): Uint32Array {
  let order = new Uint32Array(low.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  if (isSorted(low, high)) return order;
  let target = new Uint32Array(low.length);
  for (const half of [low, high]) {
    for (const shift of [0, DIGIT_BITS]) {
      if (sortByDigit(order, target, half, shift)) [order, target] = [target, order];
    }
  }
  return order;
}

function isSorted(low: Uint32Array, high: Uint32Array): boolean {
  for (let i = 1; i < low.length; i++) {
    if (high[i] < high[i - 1] || (high[i] === high[i - 1] && low[i] < low[i - 1])) return false;
  }
  return true;
}

/** Moves `source` into `target` ordered by one digit, unless all have the same; says whether it moved. */
function sortByDigit(source: Uint32Array, target: Uint32Array, half: Uint32Array, shift: number): boolean {
  const next = new Uint32Array(DIGIT_VALUES);
  for (let i = 0; i < half.length; i++) next[(half[i] >>> shift) & (DIGIT_VALUES - 1)]++;
  if (next[(half[0] >>> shift) & (DIGIT_VALUES - 1)] === half.length) return false;
  let position = 0;
  for (let digit = 0; digit < DIGIT_VALUES; digit++) {
    const count = next[digit];
    next[digit] = position;
    position += count;
  }
  for (let i = 0; i < source.length; i++) {
    const item = source[i];
    target[next[(half[item] >>> shift) & (DIGIT_VALUES - 1)]++] = item;
  }
  return true;
}
