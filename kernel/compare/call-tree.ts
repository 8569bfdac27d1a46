import type { ProfileData } from "../dataframe/profile-data.js";
import { shortModule } from "../dataframe/short-module.js";
import { timeMs } from "../dataframe/time.js";
import { stackSums } from "./window-counts.js";

/** A function where it was called, in each window. */
export interface CallNode {
  name: string;
  module: string;
  kind: string;
  file?: string;
  line?: number;
  /** Samples in which it was on the stack, and their CPU time, by window. */
  readonly samples: Float64Array;
  readonly ms: Float64Array;
  children: CallNode[];
}

type About = Pick<CallNode, "name" | "module" | "kind" | "file" | "line">;

/** Merges the stacks of all windows from the root. Functions are one where name and file name of the module are. */
export function callTree(windows: readonly ProfileData[]): CallNode {
  const made = (about: About): CallNode => ({
    ...about,
    ...{ samples: new Float64Array(windows.length), ms: new Float64Array(windows.length), children: [] },
  });
  const root = made({ name: "all", module: "", kind: "user" });
  const childrenOf = new Map<CallNode, Map<string, CallNode>>();
  for (const [window, data] of windows.entries()) {
    const { stacks, frames, meta } = data;
    const keys = frames.name.map((name, f) => `${name}\0${shortModule(frames.module[f])}`);
    const { counts, weights } = stackSums(data);
    for (const [stack, count] of counts.entries()) {
      if (count === 0) continue;
      const time = timeMs(weights[stack], meta);
      let at = root;
      at.samples[window] += count;
      at.ms[window] += time;
      for (let k = stacks.offsets[stack]; k < stacks.offsets[stack + 1]; k++) {
        const frame = stacks.frames[k];
        let children = childrenOf.get(at);
        if (!children) {
          children = new Map();
          childrenOf.set(at, children);
        }
        let child = children.get(keys[frame]);
        if (!child) {
          child = made(aboutFrame(frames, frame));
          children.set(keys[frame], child);
          at.children.push(child);
        }
        at = child;
        at.samples[window] += count;
        at.ms[window] += time;
      }
    }
  }
  return root;
}

function aboutFrame({ name, module, kind, file, line }: ProfileData["frames"], frame: number): About {
  const about = { name: name[frame], module: module[frame], kind: kind[frame] };
  const place = file[frame];
  return place ? { ...about, file: place, ...(line[frame] ? { line: line[frame] } : {}) } : about;
}
