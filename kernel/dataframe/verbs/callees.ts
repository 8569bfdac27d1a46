import type { ProfileData } from "../profile-data.js";
import { type FramePattern, matchingFrames, patternCall } from "./frame-pattern.js";
import { restacked } from "./restack.js";

/** What a function calls: stacks that have it, from where it is entered first to the leaf. */
export function callees(data: ProfileData, name: FramePattern): ProfileData {
  const isMeant = matchingFrames(data, "callees", name);
  return restacked(data, patternCall("callees", name), (frames) => {
    const at = frames.findIndex((frame) => isMeant[frame] === 1);
    return at < 0 ? undefined : frames.subarray(at);
  });
}
