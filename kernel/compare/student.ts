/** The probability of |T| ≥ `t` for Student's t distribution of `df` degrees of freedom. */
export function studentTails(t: number, df: number): number {
  if (t === 0) return 1;
  return Number.isFinite(t) ? incompleteBeta(df / (df + t * t), df / 2, 0.5) : 0;
}

/** The `t` with {@link studentTails} = `probability`, by halving. */
export function studentQuantile(probability: number, df: number): number {
  let [low, high] = [0, 1];
  while (studentTails(high, df) > probability && high < 1e12) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (studentTails(middle, df) > probability) low = middle;
    else high = middle;
  }
  return high;
}

/** The regularized incomplete beta function, by its continued fraction (Abramowitz & Stegun 26.5.8, in Lentz's way). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b));
  let [c, d] = [1, 0];
  let fraction = 1;
  for (let i = 0; i < 500; i++) {
    const m = i >> 1;
    let term = 1;
    if (i % 2 === 1) term = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    else if (i > 0) term = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + term * d);
    c = 1 + term / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return (front / a) * (fraction - 1);
}

/** By Stirling's series above 16; below, by Γ(x + 1) = x Γ(x). */
function logGamma(x: number): number {
  let [at, product] = [x, 1];
  for (; at < 16; at++) product *= at;
  const inverse = 1 / at;
  const series = inverse * (1 / 12 - inverse ** 2 * (1 / 360 - inverse ** 2 / 1260));
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}
