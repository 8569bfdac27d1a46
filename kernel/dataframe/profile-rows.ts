import type { NamedColumn } from "./columns/column.js";
import { LazyColumn } from "./columns/lazy-column.js";
import { NumberColumn } from "./columns/number-column.js";
import { lazyTexts, listTexts, TextColumn, type Texts } from "./columns/text-column.js";
import { groupCodes } from "./group-keys.js";
import { once } from "./once.js";
import { packSamples } from "./packable.js";
import { packed } from "./packed.js";
import type { ProfileData } from "./profile-data.js";
import { sortedRows } from "./sort.js";
import { timeMs } from "./time.js";
import { whileUsed } from "./while-used.js";

/** One row for each distinct thread and stack that was sampled, the most frequent first. */
export interface ProfileRows {
  readonly data: ProfileData;
  /** Number of rows. */
  readonly length: number;
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

/** Counts samples by thread and stack, when someone asks. What is seldom asked for is counted again. */
export function profileRows(data: ProfileData): ProfileRows {
  const counted = once(() => {
    const rows = countRows(data);
    packSamples(data.samples);
    return {
      length: rows.thread.length,
      thread: packed(rows.thread),
      stack: packed(rows.stack),
      samples: packed(rows.samples),
      all: whileUsed(() => countRows(data), rows),
    };
  });
  return {
    data,
    get length() {
      return counted().length;
    },
    get thread() {
      return counted().thread();
    },
    get stack() {
      return counted().stack();
    },
    get samples() {
      return counted().samples();
    },
    get weight() {
      return counted().all().weight;
    },
    get ofSample() {
      return counted().all().ofSample;
    },
  };
}

function countRows(data: ProfileData): Omit<ProfileRows, "data" | "length"> {
  const { thread, stack, weight, count: counts } = data.samples;
  const { of, first, count } = groupCodes(
    [
      { codes: thread, size: data.threads.pid.length },
      { codes: stack, size: data.stacks.end.length },
    ],
    thread.length,
  );
  const samples = counts ? new Float64Array(count) : new Int32Array(count);
  const weights = new Float64Array(count);
  if (counts) for (let i = 0; i < of.length; i++) samples[of[i]] += counts[i];
  else for (let i = 0; i < of.length; i++) samples[of[i]]++;
  for (let i = 0; i < of.length; i++) weights[of[i]] += weight[i];
  const order = sortedRows([new NumberColumn(samples), new NumberColumn(weights)], [false, false], count);
  const rank = new Int32Array(count);
  for (let i = 0; i < count; i++) rank[order[i]] = i;
  for (let i = 0; i < of.length; i++) of[i] = rank[of[i]];
  const rows = new NumberColumn(first).take(order).values as Int32Array;
  return {
    thread: new NumberColumn(thread).take(rows).values as Int32Array,
    stack: new NumberColumn(stack).take(rows).values as Int32Array,
    samples: new NumberColumn(samples).take(order).values,
    weight: new NumberColumn(weights).take(order).values as Float64Array,
    ofSample: of,
  };
}

/** The columns of a ProfileFrame, each made when it is asked for. Text stays in the dictionaries of the profile. */
export function profileColumns(rows: ProfileRows): NamedColumn[] {
  const { data } = rows;
  const { frames, stacks, threads, samples } = data;
  const length = () => rows.length;
  const text = (name: string, codes: () => Int32Array, texts: () => Texts) => ({
    name,
    column: new LazyColumn("string", length, () => new TextColumn(codes(), texts())),
  });
  const number = (name: string, dtype: "int32" | "float32", values: () => Int32Array | Float64Array) => ({
    name,
    column: new LazyColumn(dtype, length, () => new NumberColumn(values())),
  });
  const thread = () => rows.thread;
  const stack = () => rows.stack;
  const leaf = whileUsed(() => rows.stack.map((s) => leafOf(data, s)));
  return [
    number("pid", "int32", () => thread().map((t) => threads.pid[t])),
    number("tid", "int32", () => thread().map((t) => threads.tid[t])),
    text("process", thread, () => repeating(threads.process)),
    text("comm", thread, () => repeating(threads.comm)),
    text("stack", stack, () => lazyTexts(stacks.end.length, (s) => foldedStack(data, s))),
    text("leaf", leaf, () => repeating(frames.name)),
    text("module", leaf, () => repeating(frames.module)),
    text("kind", leaf, () => repeating(frames.kind)),
    number("depth", "int32", () => stack().map((s) => stacks.offsets[s + 1] - stacks.offsets[s])),
    number("samples", samples.count ? "float32" : "int32", () => rows.samples),
    number("time_ms", "float32", () => rows.weight.map((weight) => timeMs(weight, data.meta))),
    text("end", stack, () => repeating(stacks.end)),
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
