import type { ProfileLink } from "./profile-link.js";
import { type Counts, stackTotals, zeros } from "./stack-totals.js";

export interface FunctionTotals {
  /** Rows of `data.frames` that occur, those with the most samples of their own first. */
  readonly rows: Int32Array;
  /** Samples in which it was innermost, by row of `data.frames`. */
  readonly self: Counts;
  /** Samples in which it was anywhere; a recursive function counts once a sample. */
  readonly total: Counts;
  /** The same of the weights of the samples. */
  readonly selfWeight: Float64Array;
  readonly totalWeight: Float64Array;
}

/** Adds up samples by function. Each distinct stack is looked at once. */
export function functionTotals(link: ProfileLink): FunctionTotals {
  const { frames, stacks } = link.rows.data;
  const { count, weight } = stackTotals(link);
  const length = frames.name.length;
  const [self, total] = [zeros(count, length), zeros(count, length)];
  const [selfWeight, totalWeight] = [new Float64Array(length), new Float64Array(length)];
  const countedIn = new Int32Array(length).fill(-1);
  for (let stack = 0; stack < count.length; stack++) {
    const end = stacks.offsets[stack + 1];
    if (count[stack] === 0 || end === stacks.offsets[stack]) continue;
    for (let i = stacks.offsets[stack]; i < end; i++) {
      const frame = stacks.frames[i];
      if (countedIn[frame] === stack) continue;
      countedIn[frame] = stack;
      total[frame] += count[stack];
      totalWeight[frame] += weight[stack];
    }
    const leaf = stacks.frames[end - 1];
    self[leaf] += count[stack];
    selfWeight[leaf] += weight[stack];
  }
  const order = Int32Array.from(total.keys())
    .filter((f) => total[f] > 0)
    .sort((a, b) => self[b] - self[a] || total[b] - total[a] || a - b);
  return { rows: order, self, total, selfWeight, totalWeight };
}
