import { codesByValue } from "../columns/column.js";
import { groupCodes } from "../group-keys.js";
import { OptionError } from "../option-error.js";
import type { ProfileData } from "../profile-data.js";
import { leafOf } from "../profile-rows.js";
import { NewStacks } from "./restack.js";

/** What a profile can be split by: of the sample, of its thread, of its leaf. */
export const SPLIT_KEYS = ["process", "pid", "comm", "tid", "cpu", "kind", "module", "leaf", "end"] as const;
export type SplitKey = (typeof SPLIT_KEYS)[number];

/** Puts a frame under the root of each stack that says to which part it belongs; with several keys, one for each. */
export function split(data: ProfileData, by: SplitKey | readonly SplitKey[]): ProfileData {
  const keys = typeof by === "string" ? [by] : by;
  for (const key of keys)
    if (!SPLIT_KEYS.includes(key)) throw new OptionError("split", "by", key, SPLIT_KEYS);
  const { samples, stacks } = data;
  const made = new NewStacks(data);
  const roots = keys.map((key) => rootsBy(data, key, made));
  const codes = roots.map((of) => codesByValue(samples.stack.length, of));
  const groups = groupCodes(
    [...codes, { codes: samples.stack, size: stacks.end.length }],
    samples.stack.length,
  );
  const rows = Int32Array.from(groups.first, (sample) => {
    const stack = samples.stack[sample];
    const frames = stacks.frames.subarray(stacks.offsets[stack], stacks.offsets[stack + 1]);
    return made.add([...roots.map((of) => of(sample)), ...frames], stacks.end[stack]);
  });
  const stackOf = groups.of.map((group) => rows[group]);
  return made.profile(stackOf, `split({ by: ${JSON.stringify(by)} })`);
}

/** The frame that a sample gets, made once for each thread, stack or CPU. */
function rootsBy(data: ProfileData, key: SplitKey, made: NewStacks): (sample: number) => number {
  const { samples } = data;
  const of = key === "cpu" ? samples.cpu : isOfThread(key) ? samples.thread : samples.stack;
  const frames = new Map<number, number>();
  return (sample) => {
    const owner = of[sample];
    let frame = frames.get(owner);
    if (frame === undefined) {
      frame = made.frame(label(data, key, owner), `[${key}]`, "user");
      frames.set(owner, frame);
    }
    return frame;
  };
}

function isOfThread(key: SplitKey): boolean {
  return key === "process" || key === "pid" || key === "comm" || key === "tid";
}

/** @param owner A CPU, or a row of the threads or of the stacks. */
function label(data: ProfileData, key: SplitKey, owner: number): string {
  const { frames, stacks, threads } = data;
  switch (key) {
    case "cpu":
      return `CPU ${owner}`;
    case "process":
    case "comm":
      return threads[key][owner];
    case "pid":
      return `${threads.process[owner]} (${threads.pid[owner]})`;
    case "tid":
      return `${threads.comm[owner]} (${threads.tid[owner]})`;
    case "end":
      return stacks.end[owner];
    default: {
      const leaf = leafOf(data, owner);
      return leaf < 0 ? "" : (key === "leaf" ? frames.name : frames[key])[leaf];
    }
  }
}
