import { OptionError } from "../dataframe/option-error.js";
import { DifferentialFlameGraph } from "../plot/differential.js";
import type { DifferentialNode } from "../plot/differential-node.js";
import { type ChangeSide, SIDES } from "../plot/flame-change.js";
import { MAX_NODES, MIN_SHARE, REST, walk } from "../plot/flame-tree.js";
import { type CallNode, callTree } from "./call-tree.js";
import { type Differences, differences, verdictOf } from "./differences.js";
import type { Measure } from "./estimate.js";
import type { Sides } from "./sides.js";
import { sum, type WindowCounts } from "./window-counts.js";

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
  const root = callTree([...sides.before, ...sides.after]);
  const share = largestShare(root, first);
  for (let smallest = MIN_SHARE; smallest <= 1 && prune(root, share, smallest) > MAX_NODES; smallest *= 2);
  sortChildren(root, measure === "time" ? (node) => largestMean(node.ms, first) : share);

  const nodes = [...walk(root)];
  const keys = nodes.map((_, i) => String(i));
  const windows = root.samples.length;
  const counts = Array.from({ length: windows }, (_, window) => countsOf(nodes, keys, window));
  const found = differences(measure, keys, counts.slice(0, first), counts.slice(first));
  return new DifferentialFlameGraph(compared(nodes, found, first), title, by, measure);
}

function checked({ by = "after", title = "before → after", ...rest }: DifferentialOptions) {
  for (const [name, value] of Object.entries(rest))
    throw new OptionError("flamegraph", name, value, "left out: the options are by and title");
  if (!SIDES.includes(by)) throw new OptionError("flamegraph", "by", by, SIDES);
  return { by, title };
}

/** Of a node in the side in which it is larger. @param first Number of the first window after. */
function largestShare(root: CallNode, first: number): (node: CallNode) => number {
  const sideSums = ({ samples }: CallNode) => [sum(samples.subarray(0, first)), sum(samples.subarray(first))];
  const totals = sideSums(root);
  return (node) => Math.max(...sideSums(node).map((count, side) => count / totals[side]));
}

/** Of a node's time in a window, the mean of the side in which it is larger. */
function largestMean(values: Float64Array, first: number): number {
  const [before, after] = [values.subarray(0, first), values.subarray(first)];
  return Math.max(sum(before) / before.length, sum(after) / after.length);
}

/** The largest first, whichever side is drawn: so that nothing moves when the other one is. */
function sortChildren(root: CallNode, size: (node: CallNode) => number): void {
  for (const { children } of walk(root)) {
    const sizes = new Map(children.map((child) => [child, child.name === REST ? -1 : size(child)]));
    children.sort((a, b) => sizes.get(b)! - sizes.get(a)! || (a.name < b.name ? -1 : 1));
  }
}

/** Merges children that are smaller on both sides into one. Returns how many nodes are left. */
function prune(root: CallNode, share: (node: CallNode) => number, smallest: number): number {
  let count = 0;
  for (const node of walk(root)) {
    count++;
    const { children } = node;
    const small = children.filter((child) => child.name === REST || share(child) < smallest);
    if (small.length === 0) continue;
    const merged = new Set(small);
    node.children = children.filter((child) => !merged.has(child));
    const added = (values: (child: CallNode) => Float64Array) =>
      Float64Array.from(node.samples, (_, window) => sum(small.map((child) => values(child)[window])));
    const [samples, ms] = [added((child) => child.samples), added((child) => child.ms)];
    node.children.push({ name: REST, module: "", kind: "user", samples, ms, children: [] });
  }
  return count;
}

/** One window as the comparison takes it. */
function countsOf(nodes: readonly CallNode[], keys: readonly string[], window: number): WindowCounts {
  const [{ samples, ms }] = nodes;
  return {
    items: new Map(),
    samples: new Map(nodes.map((node, i) => [keys[i], node.samples[window]])),
    ms: new Map(nodes.map((node, i) => [keys[i], node.ms[window]])),
    allSamples: samples[window],
    allMs: ms[window],
  };
}

function compared(nodes: readonly CallNode[], found: Differences, first: number): DifferentialNode {
  const made = nodes.map(({ samples, ms: _, children: __, ...about }, i): DifferentialNode => {
    const [before, after] = [sum(samples.subarray(0, first)), sum(samples.subarray(first))];
    const [low, high, verdict] = [found.low[i], found.high[i], verdictOf(found, i)];
    const change = { before: found.before[i], after: found.after[i], low, high, verdict };
    return { ...about, before, after, change, children: [] };
  });
  const numbers = new Map(nodes.map((node, i) => [node, i]));
  for (const [i, { children }] of nodes.entries())
    made[i].children = children.map((child) => made[numbers.get(child)!]);
  return made[0];
}
