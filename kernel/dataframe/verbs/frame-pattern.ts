import { OptionError } from "../option-error.js";
import type { ProfileData } from "../profile-data.js";

/** Which frames are meant: those of exactly this name (of a cell's function, `f` is also `f  In[3]:12`), or those that match. */
export type FramePattern = string | RegExp;

/** For each row of `data.frames`, 1 where its name (or its module) is meant. Throws an OptionError for what is no pattern. */
export function matchingFrames(
  { frames }: ProfileData,
  verb: string,
  pattern: FramePattern,
  by: "name" | "module" = "name",
): Uint8Array {
  if (by !== "name" && by !== "module") throw new OptionError(verb, "by", by, ["name", "module"]);
  const isMeant = tester(verb, pattern);
  return Uint8Array.from(frames[by], (text) => Number(isMeant(text)));
}

function tester(verb: string, pattern: FramePattern): (text: string) => boolean {
  if (typeof pattern === "string") {
    const inCell = `${pattern}  In[`;
    return (text) => text === pattern || text.startsWith(inCell);
  }
  if (!(pattern instanceof RegExp))
    throw new OptionError(verb, "pattern", pattern, "a regular expression, or a whole name");
  // With g or y, a RegExp goes on where it last stopped.
  const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  return (text) => stateless.test(text);
}

/** A verb and its pattern as they were called. */
export function patternCall(verb: string, pattern: FramePattern, by?: string): string {
  const text = typeof pattern === "string" ? JSON.stringify(pattern) : String(pattern);
  return `${verb}(${text}${by === "module" ? ', { by: "module" }' : ""})`;
}

/** For each stack, 1 where it has one of these frames. */
export function stacksWith({ stacks }: ProfileData, isMeant: Uint8Array): Uint8Array {
  const found = new Uint8Array(stacks.end.length);
  for (let stack = 0; stack < found.length; stack++)
    for (let i = stacks.offsets[stack]; i < stacks.offsets[stack + 1] && !found[stack]; i++)
      found[stack] = isMeant[stacks.frames[i]];
  return found;
}
