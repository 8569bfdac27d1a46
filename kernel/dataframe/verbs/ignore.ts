import type { ProfileData } from "../profile-data.js";
import { rowsWhere } from "../select-samples.js";
import { type FramePattern, matchingFrames, patternCall, stacksWith } from "./frame-pattern.js";
import { keepSamples } from "./keep-samples.js";

/** The samples in whose stack no such frame is. */
export function ignore(data: ProfileData, pattern: FramePattern, by?: "name" | "module"): ProfileData {
  const has = stacksWith(data, matchingFrames(data, "ignore", pattern, by));
  const { stack } = data.samples;
  const kept = rowsWhere(stack.length, (i) => has[stack[i]] === 0);
  return keepSamples(data, kept, patternCall("ignore", pattern, by));
}
