import type { ProfileData } from "../profile-data.js";
import { type FramePattern, matchingFrames, patternCall } from "./frame-pattern.js";
import { restacked } from "./restack.js";

/** Who calls a function: stacks that have it, from the root to where it is entered first. */
export function callers(data: ProfileData, name: FramePattern): ProfileData {
  const isMeant = matchingFrames(data, "callers", name);
  return restacked(data, patternCall("callers", name), (frames) => {
    const at = frames.findIndex((frame) => isMeant[frame] === 1);
    return at < 0 ? undefined : frames.subarray(0, at + 1);
  });
}
