import { type Interval, logChoose, Z } from "./proportions.js";

/** The score interval of the mean of a Poisson distribution of which one count is known, 95 %. */
function scoreInterval(count: number): Interval {
  const centre = count + Z ** 2 / 2;
  const half = Z * Math.sqrt(count + Z ** 2 / 4);
  return { low: centre - half, high: centre + half };
}

/**
 * The 95 % interval of the difference of two rates, after − before: from the two score intervals, as Newcombe's of
 * proportions (Zou & Donner, Statistics in Medicine 27, 2008).
 *
 * @param exposureBefore What the count is divided by to become a rate.
 */
export function rateDifference(
  before: number,
  exposureBefore: number,
  after: number,
  exposureAfter: number,
): Interval {
  const [p, q] = [before / exposureBefore, after / exposureAfter];
  const [one, other] = [scoreInterval(before), scoreInterval(after)];
  return {
    low: q - p - Math.hypot(q - other.low / exposureAfter, one.high / exposureBefore - p),
    high: q - p + Math.hypot(other.high / exposureAfter - q, p - one.low / exposureBefore),
  };
}

/**
 * The exact test that two rates are equal, two-sided (twice the smaller tail): of all events, those after are binomial
 * (Przyborowski & Wilenski, Biometrika 31, 1940).
 */
export function equalRates(
  before: number,
  exposureBefore: number,
  after: number,
  exposureAfter: number,
): number {
  const both = before + after;
  const share = exposureAfter / (exposureBefore + exposureAfter);
  // The tail away from what is expected, from the observed count outwards: its terms only get smaller.
  const isUp = after >= both * share;
  const [count, chance] = isUp ? [after, share] : [before, 1 - share];
  let term = Math.exp(
    logChoose(both, count) + count * Math.log(chance) + (both - count) * Math.log1p(-chance),
  );
  let sum = 0;
  for (let x = count; term > sum * 1e-17; x++) {
    sum += term;
    term *= ((both - x) / (x + 1)) * (chance / (1 - chance));
  }
  return Math.min(1, 2 * sum);
}
