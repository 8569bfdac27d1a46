import type { ProfileLink } from "./profile-link.js";

/** Numbers of samples; fractions in a profile that has only sums. */
export type Counts = Int32Array | Float64Array;

/** Samples and weight of each row of `data.stacks`. */
export function stackTotals(link: ProfileLink): { count: Counts; weight: Float64Array } {
  const { samples, stacks } = link.rows.data;
  const weight = new Float64Array(stacks.end.length);
  if (link.whole && !samples.count) {
    const count = new Int32Array(stacks.end.length);
    const { stack, weight: weights } = samples;
    for (let i = 0; i < stack.length; i++) {
      count[stack[i]]++;
      weight[stack[i]] += weights[i];
    }
    return { count, weight };
  }
  const { members, rows } = link;
  const { stack, samples: counts, weight: weights } = rows;
  const count = zeros(counts, stacks.end.length);
  for (let i = 0; i < members.length; i++) {
    count[stack[members[i]]] += counts[members[i]];
    weight[stack[members[i]]] += weights[members[i]];
  }
  return { count, weight };
}

/** Sums of samples start here, in the type that the samples have. */
export function zeros(samples: Counts, length: number): Counts {
  return samples instanceof Int32Array ? new Int32Array(length) : new Float64Array(length);
}
