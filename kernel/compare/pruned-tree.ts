import { REST } from "../plot/flame-tree.js";
import type { About, CallTree, NodeSums } from "./call-tree.js";

/** The nodes of a call tree that are large enough, and one for the small callees of each. The root is the first. */
export interface PrunedTree {
  readonly nodes: readonly About[];
  /** Of each node its caller, which comes before it. */
  readonly parents: readonly number[];
  /** The sums of these nodes from those of all. */
  sums(all: NodeSums): NodeSums;
}

const REST_NODE: About = { name: REST, module: "", kind: "user" };

/**
 * Keeps what has a share of at least `smallest` on either side, or twice that and so on, until no more than `most` nodes are left.
 *
 * @param sides Samples of each node, by side.
 */
export function prunedTree(
  tree: CallTree,
  sides: readonly Float64Array[],
  smallest: number,
  most: number,
): PrunedTree {
  for (let share = smallest; ; share *= 2) {
    const pruned = keep(tree, (node) => sides.some((samples) => samples[node] >= share * samples[0]));
    if (pruned.nodes.length <= most || share > 1) return pruned;
  }
}

function keep(tree: CallTree, isLarge: (node: number) => boolean): PrunedTree {
  const nodes: About[] = [];
  const parents: number[] = [];
  const restOf = new Map<number, number>();
  // Where the samples of a node go; -1 where its caller has them already, in a rest.
  const places = new Int32Array(tree.parents.length).fill(-1);
  for (const [node, caller] of tree.parents.entries()) {
    const parent = caller < 0 ? -1 : places[caller];
    if (caller >= 0 && (parent < 0 || nodes[parent] === REST_NODE)) continue;
    const isKept = caller < 0 || isLarge(node);
    let place = isKept ? undefined : restOf.get(parent);
    if (place === undefined) {
      place = nodes.push(isKept ? tree.about(node) : REST_NODE) - 1;
      parents.push(parent);
      if (!isKept) restOf.set(parent, place);
    }
    places[node] = place;
  }
  const sum = (all: Float64Array) => {
    const sums = new Float64Array(nodes.length);
    for (const [node, place] of places.entries()) if (place >= 0) sums[place] += all[node];
    return sums;
  };
  return { nodes, parents, sums: ({ samples, ms }) => ({ samples: sum(samples), ms: sum(ms) }) };
}
