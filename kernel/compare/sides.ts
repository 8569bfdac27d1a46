import { OptionError } from "../dataframe/option-error.js";
import type { ProfileData } from "../dataframe/profile-data.js";
import { ProfileFrame } from "../dataframe/profile-frame.js";

export type Side = ProfileFrame | readonly ProfileFrame[];

/** The windows of both sides. */
export interface Sides {
  readonly before: readonly ProfileData[];
  readonly after: readonly ProfileData[];
}

/** The profiles of both sides, of which each has samples, and all of them samples of one kind. */
export function checkedSides(before: Side, after: Side): Sides {
  const sides = { before: checkedSide("before", before), after: checkedSide("after", after) };
  const all = [...sides.before, ...sides.after];
  const { event, unit = "nanoseconds" } = all[0].meta;
  for (const { meta } of all) {
    const { unit: other = "nanoseconds" } = meta;
    if (meta.event !== event)
      throw new Error(
        `compare: samples of "${event}" and of "${meta.event}" cannot be compared: take both by one event`,
      );
    if (other !== unit)
      throw new Error(
        `compare: weights in ${unit} and in ${other} cannot be compared: read both files by one { sampleType }`,
      );
  }
  return sides;
}

function checkedSide(name: string, side: Side): ProfileData[] {
  const frames = Array.isArray(side) ? (side as readonly ProfileFrame[]) : [side as ProfileFrame];
  if (frames.length === 0)
    throw new OptionError("compare", name, side, "a profile, or a list of at least one");
  return frames.map((frame, i) => {
    const where = frames.length > 1 ? `window ${i + 1} of "${name}"` : `"${name}"`;
    if (!(frame instanceof ProfileFrame))
      throw new OptionError("compare", name, frame, "a ProfileFrame, or a list of them");
    const data = frame.selected("compare");
    const { samples } = data;
    if (samples.stack.length === 0)
      throw new Error(
        `compare: ${where} has no samples: take a longer window, or leave more rows in the frame`,
      );
    if (samples.count?.some((count) => !Number.isInteger(count)))
      throw new Error(
        `compare: ${where} has fractions of samples, and how sure a difference is follows from their number: compare before normalize()`,
      );
    return data;
  });
}
