/**
 * The order of samples in time, as positions into the columns; those of one CPU stay in their order.
 *
 * Each CPU writes its samples in order, so that merging the CPUs is all that is to be done: to sort ten thousand samples
 * by a function that compares two of them takes longer than to name their stacks.
 */
export function orderInTime(timeNs: Float64Array, cpu: Int32Array): Uint32Array {
  const runs = new Map<number, number[]>();
  for (let i = 0; i < cpu.length; i++) {
    const run = runs.get(cpu[i]);
    if (run === undefined) runs.set(cpu[i], [i]);
    else run.push(i);
  }
  let sorted = [...runs.values()].map((run) => Uint32Array.from(run));
  while (sorted.length > 1) {
    const merged: Uint32Array<ArrayBuffer>[] = [];
    for (let i = 0; i < sorted.length; i += 2)
      merged.push(i + 1 < sorted.length ? merge(sorted[i], sorted[i + 1], timeNs) : sorted[i]);
    sorted = merged;
  }
  const order = sorted[0] ?? new Uint32Array(0);
  for (let i = 1; i < order.length; i++)
    if (timeNs[order[i]] < timeNs[order[i - 1]]) return order.sort((a, b) => timeNs[a] - timeNs[b] || a - b);
  return order;
}

function merge(a: Uint32Array, b: Uint32Array, timeNs: Float64Array): Uint32Array<ArrayBuffer> {
  const merged = new Uint32Array(a.length + b.length);
  for (let i = 0, j = 0; i + j < merged.length; ) {
    const takesA = j === b.length || (i < a.length && timeNs[a[i]] <= timeNs[b[j]]);
    merged[i + j] = takesA ? a[i] : b[j];
    if (takesA) i++;
    else j++;
  }
  return merged;
}
