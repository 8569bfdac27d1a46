import type { ProfileData } from "../dataframe/profile-data.js";
import { shortModule } from "../dataframe/short-module.js";
import { timeMs } from "../dataframe/time.js";
import { stackSums } from "./window-counts.js";

/** What is known of a function, as the first window has it that knows it. */
export interface About {
  name: string;
  module: string;
  kind: string;
  file?: string;
  line?: number;
}

/** Samples and CPU time by node, with all that it calls. */
export interface NodeSums {
  readonly samples: Float64Array;
  readonly ms: Float64Array;
}

/** The stacks of several windows, merged from the root, as columns: there may be millions of nodes. Node 0 is the root. */
export interface CallTree {
  /** Of each node, its caller, which comes before it; -1 of the root. */
  readonly parents: readonly number[];
  about(node: number): About;
  sums(window: number): NodeSums;
}

/** Merges the stacks of windows. Functions are one where name and file name of the module are. */
export function callTree(windows: readonly ProfileData[]): CallTree {
  const root: About = { name: "all", module: "", kind: "user" };
  const functions: About[] = [];
  const functionOf = new Map<string, number>();
  const parents = [-1];
  const functionOfNode = [-1];
  const childOf = new Map<number, number>();
  // More than there are functions, so that one number says node and function.
  const step = windows.reduce((sum, { frames }) => sum + frames.name.length, 1);
  const leaves = windows.map(({ frames, stacks: { offsets, frames: rows } }) => {
    const rowFunctions = frames.name.map((name, row) => {
      const key = `${name}\0${shortModule(frames.module[row])}`;
      let found = functionOf.get(key);
      if (found === undefined) {
        found = functions.push(aboutFrame(frames, row)) - 1;
        functionOf.set(key, found);
      }
      return found;
    });
    return Int32Array.from({ length: offsets.length - 1 }, (_, stack) => {
      let at = 0;
      for (let k = offsets[stack]; k < offsets[stack + 1]; k++) {
        const callee = rowFunctions[rows[k]];
        const key = at * step + callee;
        let child = childOf.get(key);
        if (child === undefined) {
          child = parents.push(at) - 1;
          functionOfNode.push(callee);
          childOf.set(key, child);
        }
        at = child;
      }
      return at;
    });
  });
  return {
    parents,
    about: (node) => (node === 0 ? root : functions[functionOfNode[node]]),
    sums: (window) => sumsOf(windows[window], leaves[window], parents),
  };
}

function sumsOf(data: ProfileData, leaves: Int32Array, parents: readonly number[]): NodeSums {
  const samples = new Float64Array(parents.length);
  const ms = new Float64Array(parents.length);
  const { counts, weights } = stackSums(data);
  for (const [stack, leaf] of leaves.entries()) {
    samples[leaf] += counts[stack];
    ms[leaf] += timeMs(weights[stack], data.meta);
  }
  for (let node = parents.length - 1; node > 0; node--) {
    samples[parents[node]] += samples[node];
    ms[parents[node]] += ms[node];
  }
  return { samples, ms };
}

function aboutFrame({ name, module, kind, file, line }: ProfileData["frames"], row: number): About {
  const about = { name: name[row], module: module[row], kind: kind[row] };
  const place = file[row];
  return place ? { ...about, file: place, ...(line[row] ? { line: line[row] } : {}) } : about;
}
