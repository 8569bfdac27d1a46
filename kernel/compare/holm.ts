/**
 * Corrects p-values of many comparisons by Holm's method (Scandinavian Journal of Statistics 6, 1979): the probability
 * that any of those at most α is a false alarm is at most α, however they depend on each other.
 */
export function holm(values: Float64Array): Float64Array {
  const order = Int32Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const corrected = new Float64Array(values.length);
  let largest = 0;
  order.forEach((i, rank) => {
    largest = Math.max(largest, Math.min(1, values[i] * (values.length - rank)));
    corrected[i] = largest;
  });
  return corrected;
}
