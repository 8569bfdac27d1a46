import type { ProfileData } from "../dataframe/profile-data.js";

/** The samples of one thread in one stack. */
export interface StackSum {
  thread: number;
  stack: number;
  count: number;
  weight: number;
  /** Rows of the samples, in the order of time. */
  rows: number[];
}

/** Samples summed by thread and stack, in the order in which these come up. */
export function stackSums({ samples, stacks }: ProfileData): StackSum[] {
  const sums = new Map<number, StackSum>();
  for (let i = 0; i < samples.stack.length; i++) {
    const [thread, stack] = [samples.thread[i], samples.stack[i]];
    const key = thread * stacks.end.length + stack;
    let sum = sums.get(key);
    if (!sum) {
      sum = { thread, stack, count: 0, weight: 0, rows: [] };
      sums.set(key, sum);
    }
    sum.count += samples.count ? samples.count[i] : 1;
    sum.weight += samples.weight[i];
    sum.rows.push(i);
  }
  return Array.from(sums.values());
}
