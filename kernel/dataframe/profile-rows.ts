import type { NamedColumn } from "./columns/column.js";
import { NumberColumn } from "./columns/number-column.js";
import { lazyTexts, listTexts, TextColumn, type Texts } from "./columns/text-column.js";
import type { ProfileData } from "./profile-data.js";
import { timeMs } from "./time.js";

/** One row for each distinct thread and stack that was sampled, the most frequent first. */
export interface ProfileRows {
  readonly data: ProfileData;
  /** Row of `data.threads`. */
  readonly thread: Int32Array;
  /** Row of `data.stacks`. */
  readonly stack: Int32Array;
  readonly samples: Int32Array | Float64Array;
  /** Sum of the samples' weights, in the event's unit. */
  readonly weight: Float64Array;
  /** The row of each sample. */
  readonly ofSample: Int32Array;
}

/** Counts samples by thread and stack. */
export function profileRows(data: ProfileData): ProfileRows {
  const { thread, stack, weight, count: counts } = data.samples;
  const stackCount = data.stacks.end.length;
  const count = thread.length;
  const found = new Map<number, number>();
  const first: number[] = [];
  const ofSample = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const key = thread[i] * stackCount + stack[i];
    let row = found.get(key);
    if (row === undefined) {
      row = first.push(i) - 1;
      found.set(key, row);
    }
    ofSample[i] = row;
  }
  const samples = counts ? new Float64Array(first.length) : new Int32Array(first.length);
  const weights = new Float64Array(first.length);
  for (let i = 0; i < count; i++) {
    samples[ofSample[i]] += counts ? counts[i] : 1;
    weights[ofSample[i]] += weight[i];
  }
  const order = Int32Array.from(first, (_, row) => row).sort(
    (a, b) => samples[b] - samples[a] || weights[b] - weights[a] || a - b,
  );
  const rank = new Int32Array(order.length);
  for (let i = 0; i < order.length; i++) rank[order[i]] = i;
  for (let i = 0; i < count; i++) ofSample[i] = rank[ofSample[i]];
  return {
    data,
    thread: order.map((row) => thread[first[row]]),
    stack: order.map((row) => stack[first[row]]),
    samples: samples.map((_, i) => samples[order[i]]),
    weight: Float64Array.from(order, (row) => weights[row]),
    ofSample,
  };
}

/** The columns of a ProfileFrame. Text stays in the dictionaries of the profile until someone looks at it. */
export function profileColumns(rows: ProfileRows): NamedColumn[] {
  const { frames, stacks, threads } = rows.data;
  const { thread, stack } = rows;
  const leaf = stack.map((s) => leafOf(rows.data, s));
  const number = (values: Int32Array | Float64Array) => new NumberColumn(values);
  return [
    { name: "pid", column: number(thread.map((t) => threads.pid[t])) },
    { name: "tid", column: number(thread.map((t) => threads.tid[t])) },
    { name: "process", column: new TextColumn(thread, repeating(threads.process)) },
    { name: "comm", column: new TextColumn(thread, repeating(threads.comm)) },
    {
      name: "stack",
      column: new TextColumn(
        stack,
        lazyTexts(stacks.end.length, (s) => foldedStack(rows.data, s)),
      ),
    },
    { name: "leaf", column: new TextColumn(leaf, repeating(frames.name)) },
    { name: "module", column: new TextColumn(leaf, repeating(frames.module)) },
    { name: "kind", column: new TextColumn(leaf, repeating(frames.kind)) },
    { name: "depth", column: number(stack.map((s) => stacks.offsets[s + 1] - stacks.offsets[s])) },
    { name: "samples", column: number(rows.samples) },
    { name: "time_ms", column: number(rows.weight.map((weight) => timeMs(weight, rows.data.meta))) },
    { name: "end", column: new TextColumn(stack, repeating(stacks.end)) },
  ];
}

/** The innermost frame of a stack, or -1 when the stack has none. */
export function leafOf({ stacks }: ProfileData, stack: number): number {
  const end = stacks.offsets[stack + 1];
  return end > stacks.offsets[stack] ? stacks.frames[end - 1] : -1;
}

/** Names of a stack's frames, root first. */
export function stackNames({ frames, stacks }: ProfileData, stack: number): string[] {
  return Array.from(
    stacks.frames.subarray(stacks.offsets[stack], stacks.offsets[stack + 1]),
    (f) => frames.name[f],
  );
}

/** The stack as one text: names root first, joined by `;`, with `:` for a `;` inside a name. */
export function foldedStack(data: ProfileData, stack: number): string {
  return stackNames(data, stack)
    .map((name) => name.replaceAll(";", ":"))
    .join(";");
}

/** A dictionary in which a text may stand more than once. */
export function repeating(texts: readonly string[]): Texts {
  return { ...listTexts(texts), distinct: false };
}
