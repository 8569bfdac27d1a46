import type { ProfileData } from "../profile-data.js";
import { shortModule } from "../short-module.js";
import { type FramePattern, matchingFrames, patternCall } from "./frame-pattern.js";
import { restacked } from "./restack.js";

/** Makes one frame of frames of one module that call each other: `[libc.so.6]`. */
export function collapse(data: ProfileData, module: FramePattern): ProfileData {
  const isMeant = matchingFrames(data, "collapse", module, "module");
  const { frames } = data;
  return restacked(data, patternCall("collapse", module), (stack, made) => {
    const result: number[] = [];
    let inside: string | undefined;
    for (const frame of stack) {
      if (!isMeant[frame]) result.push(frame);
      else if (frames.module[frame] !== inside) {
        const [name, kind] = [shortModule(frames.module[frame]), frames.kind[frame]];
        const shown = name.startsWith("[") ? name : `[${name}]`;
        result.push(made.frame(shown, frames.module[frame], kind === "inlined" ? "user" : kind));
      }
      inside = isMeant[frame] ? frames.module[frame] : undefined;
    }
    return result;
  });
}
