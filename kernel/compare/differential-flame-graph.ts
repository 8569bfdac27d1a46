import { OptionError } from "../dataframe/option-error.js";
import { DifferentialFlameGraph } from "../plot/differential.js";
import type { DifferentialNode } from "../plot/differential-node.js";
import { type ChangeSide, SIDES } from "../plot/flame-change.js";
import { MAX_NODES, MIN_SHARE, REST } from "../plot/flame-tree.js";
import { callTree, type NodeSums } from "./call-tree.js";
import { differences, verdictOf } from "./differences.js";
import type { Measure } from "./estimate.js";
import { prunedTree } from "./pruned-tree.js";
import type { Sides } from "./sides.js";
import { keyCounts, sum, type WindowCounts } from "./window-counts.js";

export interface DifferentialOptions {
  /** The side by which frames are sized: `after`, which is what happens without it, or `before`. */
  by?: ChangeSide;
  title?: string;
}

/** Merges the windows of both sides into one call tree, and compares each of its nodes. */
export function differentialFlameGraph(
  sides: Sides,
  measure: Measure,
  options: DifferentialOptions,
): DifferentialFlameGraph {
  const { by, title } = checked(options);
  const first = sides.before.length;
  const all = [...sides.before, ...sides.after];
  const tree = callTree(all);
  const samples = [new Float64Array(tree.parents.length), new Float64Array(tree.parents.length)];
  for (const window of all.keys()) {
    const { samples: added } = tree.sums(window);
    const side = samples[window < first ? 0 : 1];
    for (let node = 0; node < side.length; node++) side[node] += added[node];
  }
  const pruned = prunedTree(tree, samples, MIN_SHARE, MAX_NODES);
  const keys = pruned.nodes.map((_, i) => String(i));
  const windows = all.map((_, window) => windowCounts(keys, pruned.sums(tree.sums(window))));
  const [before, after] = [windows.slice(0, first), windows.slice(first)];
  const found = differences(measure, keys, before, after);
  const nodes = pruned.nodes.map((about, i): DifferentialNode => {
    const [low, high, verdict] = [found.low[i], found.high[i], verdictOf(found, i)];
    const change = { before: found.before[i], after: found.after[i], low, high, verdict };
    const [one, other] = [sum(keyCounts(before, keys[i])), sum(keyCounts(after, keys[i]))];
    return { ...about, before: one, after: other, change, children: [] };
  });
  for (const [i, parent] of pruned.parents.entries()) nodes[parent]?.children.push(nodes[i]);
  for (const { children } of nodes) children.sort(byLargerSide);
  return new DifferentialFlameGraph(nodes[0], title, by, measure);
}

/** The largest first, whichever side is drawn, so that nothing moves when the other one is; the rest last. */
function byLargerSide(a: DifferentialNode, b: DifferentialNode): number {
  const size = ({ change }: DifferentialNode) => Math.max(change.before, change.after);
  const isRest = (node: DifferentialNode) => Number(node.name === REST);
  return isRest(a) - isRest(b) || size(b) - size(a) || (a.name < b.name ? -1 : 1);
}

/** One window as the comparison takes it. */
function windowCounts(keys: readonly string[], { samples, ms }: NodeSums): WindowCounts {
  return {
    items: new Map(),
    samples: new Map(keys.map((key, i) => [key, samples[i]])),
    ms: new Map(keys.map((key, i) => [key, ms[i]])),
    allSamples: samples[0],
    allMs: ms[0],
  };
}

function checked({ by = "after", title = "before → after", ...rest }: DifferentialOptions) {
  for (const [name, value] of Object.entries(rest))
    throw new OptionError("flamegraph", name, value, "left out: the options are by and title");
  if (!SIDES.includes(by)) throw new OptionError("flamegraph", "by", by, SIDES);
  return { by, title };
}
