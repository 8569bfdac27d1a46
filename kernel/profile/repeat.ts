import { join } from "node:path";
import { OptionError } from "../dataframe/option-error.js";
import type { ProfileFrame } from "../dataframe/profile-frame.js";
import { Progress } from "../display/progress.js";
import type { ProfileOptions } from "./options.js";
import { isReplaying } from "./recorded-window.js";

/** A window of one side: what its options name, or while a function runs. */
export type RepeatSide = ProfileOptions | (() => unknown);

/** What the sides are, and options of both. */
export interface RepeatOptions extends ProfileOptions {
  before: RepeatSide;
  after: RepeatSide;
}

/** The windows of each side, in the order in which they were taken: what `compare()` takes. */
export interface Repeated {
  before: ProfileFrame[];
  after: ProfileFrame[];
}

export type TakeWindow = (side: RepeatSide, options: ProfileOptions) => Promise<ProfileFrame>;

/**
 * Takes windows of both sides in turn: before, after, after, before, … so that what changes slowly on the machine changes
 * both alike. An interrupt, or the signal, ends the window and leaves out the rest.
 */
export async function repeated(take: TakeWindow, count: number, options: RepeatOptions): Promise<Repeated> {
  if (!(Number.isInteger(count) && count > 0))
    throw new OptionError("profile.repeat", "count", count, "a whole number of windows a side, 1 or more");
  const { before, after, recording, progress = true, ...shared } = options ?? {};
  const sides = { before, after };
  for (const [name, side] of Object.entries(sides)) {
    if (typeof side !== "function" && (typeof side !== "object" || side === null))
      throw new OptionError(
        "profile.repeat",
        name,
        side,
        "a function, or options that name what to sample, such as { pid: 4242 }",
      );
    if (typeof side === "object" && side.recording !== undefined)
      throw new OptionError(
        "profile.repeat",
        `${name}.recording`,
        side.recording,
        "left out: { recording } beside before and after has a folder for each window",
      );
  }
  const frames: Repeated = { before: [], after: [] };
  // One bar for all windows, not a bar each.
  const bar = progress && !isReplaying(shared) ? new Progress("profile.repeat") : undefined;
  for (let round = 0; round < count; round++) {
    const order = round % 2 === 0 ? (["before", "after"] as const) : (["after", "before"] as const);
    for (const name of order) {
      const folder = recording === undefined ? {} : { recording: join(recording, `${name}-${round + 1}`) };
      const taken = frames.before.length + frames.after.length;
      bar?.update(taken / (2 * count), `${taken} of ${2 * count} windows, now ${name}`);
      const frame = await take(sides[name], { ...shared, ...folder, progress: false });
      frames[name].push(frame);
      if (frame.meta.interrupted || shared.signal?.aborted) {
        bar?.done(`ended after ${taken + 1} of ${2 * count} windows`);
        return frames;
      }
    }
  }
  bar?.done(`${2 * count} windows`);
  return frames;
}
