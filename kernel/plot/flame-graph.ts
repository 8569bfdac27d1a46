import { inspect } from "node:util";
import { FLAMEGRAPH_MIME, jupyterDisplay, type MimeBundle } from "../display/mime.js";
import { flameSvg } from "./flame-svg.js";
import { flameText } from "./flame-text.js";
import { type FlameInput, type FlameNode, flameTree, walk } from "./flame-tree.js";
import { svgImage } from "./svg.js";

/** A flame graph: a figure that shows itself, and whose tree and title can be read and changed. */
export class FlameGraph {
  constructor(
    public root: FlameNode,
    public title: string,
    /** What values count: `samples`. */
    public unit: string,
  ) {}

  /** Merges stacks into a flame graph. */
  static of(stacks: FlameInput, title: string, unit = "samples"): FlameGraph {
    return new FlameGraph(flameTree(stacks), title, unit);
  }

  /** The value of all stacks together. */
  get total(): number {
    return this.root.value;
  }

  /** The static picture, as the text of an SVG file. */
  toSVG(): string {
    return flameSvg(this, true).markup;
  }

  [jupyterDisplay](): MimeBundle {
    const { title, unit, root } = this;
    return {
      [FLAMEGRAPH_MIME]: { version: 1, title, unit, ...flat(root) },
      "text/html": svgImage(flameSvg(this, false), `Flame graph: ${title}`),
      "text/plain": flameText(this),
    };
  }

  [inspect.custom](): string {
    return flameText(this);
  }

  toString(): string {
    return flameText(this);
  }
}

/** A tree as lists. Nested, a notebook deeper than some 240 frames could not be saved: Jupyter's server recurses. */
interface FlatTree {
  /** Distinct functions. */
  functions: Pick<FlameNode, "name" | "module" | "kind" | "file" | "line">[];
  /** `[parent, function, value]`, parents first; the root's parent is -1. */
  nodes: [number, number, number][];
}

function flat(root: FlameNode): FlatTree {
  const functions: FlatTree["functions"] = [];
  const nodes: FlatTree["nodes"] = [];
  const known = new Map<string, number>();
  const numbers = new Map<FlameNode, number>();
  const add = (node: FlameNode, parent: number) => {
    const { name, module, kind, file, line, value } = node;
    const key = [kind, module, name, file, line].join("\0");
    const place = { ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) };
    if (!known.has(key)) known.set(key, functions.push({ name, module, kind, ...place }) - 1);
    numbers.set(node, nodes.push([parent, known.get(key) as number, value]) - 1);
  };
  add(root, -1);
  for (const node of walk(root)) for (const child of node.children) add(child, numbers.get(node) as number);
  return { functions, nodes };
}
