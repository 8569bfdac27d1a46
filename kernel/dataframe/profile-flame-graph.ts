import { FlameGraph } from "../plot/flame-graph.js";
import type { ProfileLink } from "./profile-link.js";
import { stackTotals } from "./stack-totals.js";

/** Merges what the rows of a frame stand for, each distinct stack once. */
export function profileFlameGraph(link: ProfileLink, title: string): FlameGraph {
  const { frames, stacks } = link.rows.data;
  const { count } = stackTotals(link);
  const sampled = Int32Array.from(count.keys()).filter((stack) => count[stack] > 0);
  return FlameGraph.of(
    {
      frames,
      offsets: stacks.offsets,
      stackFrames: stacks.frames,
      stacks: sampled,
      weights: Float64Array.from(sampled, (stack) => count[stack]),
    },
    title,
  );
}
