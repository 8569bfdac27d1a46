import type { ProfileData } from "../profile-data.js";
import { restacked } from "./restack.js";

/** Makes one round of calls that repeat themselves at once: `a;a;a` becomes `a`, and `a;b;a;b;c` becomes `a;b;c`. */
export function collapseRecursion(data: ProfileData): ProfileData {
  return restacked(data, "collapseRecursion()", (stack) => {
    const result: number[] = [];
    for (const frame of stack) {
      result.push(frame);
      const round = repeatedRound(result);
      result.length -= round;
    }
    return result;
  });
}

/** How many frames at the end are what the same number before them are; 0 when there are none. */
function repeatedRound(frames: readonly number[]): number {
  const { length } = frames;
  for (let round = 1; 2 * round <= length; round++) {
    let same = 0;
    while (same < round && frames[length - 1 - same] === frames[length - 1 - same - round]) same++;
    if (same === round) return round;
  }
  return 0;
}
