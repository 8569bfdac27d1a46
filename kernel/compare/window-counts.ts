import type { ProfileData } from "../dataframe/profile-data.js";
import { foldedStack, leafOf } from "../dataframe/profile-rows.js";
import { shortModule } from "../dataframe/short-module.js";
import { timeMs } from "../dataframe/time.js";

/** What is compared: functions by samples of their own (`self`) or in which they are anywhere (`total`), or whole stacks. */
export type Compared = "self" | "total" | "stack";

/** What has one row of the table. */
export interface Item {
  readonly name: string;
  readonly module: string;
  /** Frames joined by `;`, root first, where stacks are compared. */
  readonly stack?: string;
}

/** Samples and time of one window, by key. */
export interface WindowCounts {
  readonly items: ReadonlyMap<string, Item>;
  readonly samples: ReadonlyMap<string, number>;
  readonly ms: ReadonlyMap<string, number>;
  readonly allSamples: number;
  readonly allMs: number;
}

/**
 * Adds up the samples of a window. Functions are one where name and file name of the module are: folders and addresses may
 * differ from build to build, and an inlined function is still that function. A recursive function counts once a sample.
 */
export function windowCounts(data: ProfileData, compared: Compared): WindowCounts {
  const { frames, meta } = data;
  const { counts, weights } = stackSums(data);
  const frameKeys = frames.name.map((name, f) => `${name}\0${shortModule(frames.module[f])}`);
  const items = new Map<string, Item>();
  const [sums, ms] = [new Map<string, number>(), new Map<string, number>()];
  let [allSamples, allMs] = [0, 0];
  for (let stack = 0; stack < counts.length; stack++) {
    if (counts[stack] === 0) continue;
    const time = timeMs(weights[stack], meta);
    allSamples += counts[stack];
    allMs += time;
    for (const [key, frame] of keysOf(data, stack, compared, frameKeys)) {
      if (!items.has(key)) {
        const item = { name: frames.name[frame], module: frames.module[frame] };
        items.set(key, compared === "stack" ? { ...item, stack: foldedStack(data, stack) } : item);
      }
      sums.set(key, (sums.get(key) ?? 0) + counts[stack]);
      ms.set(key, (ms.get(key) ?? 0) + time);
    }
  }
  return { items, samples: sums, ms, allSamples, allMs };
}

/** Samples of each stack, and their weight. */
export function stackSums({ stacks, samples }: ProfileData): { counts: Float64Array; weights: Float64Array } {
  const counts = new Float64Array(stacks.end.length);
  const weights = new Float64Array(stacks.end.length);
  for (let i = 0; i < samples.stack.length; i++) {
    counts[samples.stack[i]] += samples.count ? samples.count[i] : 1;
    weights[samples.stack[i]] += samples.weight[i];
  }
  return { counts, weights };
}

/** What a stack counts for, each once, and the frame that names it. */
function keysOf(
  data: ProfileData,
  stack: number,
  compared: Compared,
  frameKeys: readonly string[],
): Iterable<[string, number]> {
  const { offsets, frames } = data.stacks;
  const leaf = leafOf(data, stack);
  if (leaf < 0) return [];
  if (compared === "self") return [[frameKeys[leaf], leaf]];
  const rows = frames.subarray(offsets[stack], offsets[stack + 1]);
  if (compared === "stack") return [[Array.from(rows, (f) => frameKeys[f]).join("\0\0"), leaf]];
  return new Map(Array.from(rows, (f): [string, number] => [frameKeys[f], f]));
}

/** Samples of a key in each window. */
export function keyCounts(side: readonly WindowCounts[], key: string): Float64Array {
  return Float64Array.from(side, ({ samples }) => samples.get(key) ?? 0);
}

/** CPU time of a key in each window, in milliseconds. */
export function keyTimes(side: readonly WindowCounts[], key: string): Float64Array {
  return Float64Array.from(side, ({ ms }) => ms.get(key) ?? 0);
}

export function sum(values: Float64Array | readonly number[]): number {
  let all = 0;
  for (const value of values) all += value;
  return all;
}
