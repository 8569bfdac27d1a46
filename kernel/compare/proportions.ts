/** The quantile of the normal distribution for intervals of 95 %. */
export const Z = 1.959963984540054;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Wilson's score interval (1927) of a proportion, 95 %. */
export function wilson(count: number, total: number): Interval {
  const share = count / total;
  const zz = Z ** 2 / total;
  const centre = (share + zz / 2) / (1 + zz);
  const half = (Z * Math.sqrt((share * (1 - share)) / total + zz / total / 4)) / (1 + zz);
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/**
 * The 95 % interval of the difference of two proportions, after − before: Newcombe's hybrid score interval (Statistics in
 * Medicine 17, 1998, method 10), which holds for small counts, and for none.
 */
export function newcombe(before: number, totalBefore: number, after: number, totalAfter: number): Interval {
  const [p, q] = [before / totalBefore, after / totalAfter];
  const [one, other] = [wilson(before, totalBefore), wilson(after, totalAfter)];
  return {
    low: q - p - Math.hypot(q - other.low, one.high - p),
    high: q - p + Math.hypot(other.high - q, p - one.low),
  };
}

/**
 * Fisher's exact test that two proportions are equal, two-sided (twice the smaller tail). Where they are equal, it is at
 * most α with a probability of at most α, whatever the counts: most functions have few samples.
 */
export function fisher(before: number, totalBefore: number, after: number, totalAfter: number): number {
  const both = before + after;
  const total = totalBefore + totalAfter;
  const logAll = logChoose(total, both);
  // The tail away from what is expected, from the observed count outwards: its terms only get smaller.
  const isUp = after * total >= both * totalAfter;
  const [count, size, other] = isUp ? [after, totalAfter, totalBefore] : [before, totalBefore, totalAfter];
  let term = Math.exp(logChoose(size, count) + logChoose(other, both - count) - logAll);
  let sum = 0;
  for (let x = count; term > sum * 1e-17; x++) {
    sum += term;
    term *= ((size - x) * (both - x)) / ((x + 1) * (other - both + x + 1));
  }
  return Math.min(1, 2 * sum);
}

export function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

const SMALL = new Float64Array(32);
for (let n = 2; n < SMALL.length; n++) SMALL[n] = SMALL[n - 1] + Math.log(n);

/** By Stirling's series, exact to the last digits of a double from 32 on. */
function logFactorial(n: number): number {
  if (n < SMALL.length) return SMALL[n];
  const inverse = 1 / n;
  const series = inverse * (1 / 12 - inverse ** 2 * (1 / 360 - inverse ** 2 / 1260));
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + series;
}
