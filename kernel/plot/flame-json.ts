import { type FlameNode, walk } from "./flame-tree.js";

/** A tree as lists. Nested, a notebook deeper than some 240 frames could not be saved: Jupyter's server recurses. */
export interface FlatTree {
  /** Distinct functions. */
  functions: Pick<FlameNode, "name" | "module" | "kind" | "file" | "line">[];
  /** `[parent, function, value]`, parents first; the root's parent is -1. */
  nodes: [number, number, number][];
}

/** The lists of a tree, and its nodes in their order. */
export function flatTree(root: FlameNode): { tree: FlatTree; order: FlameNode[] } {
  const functions: FlatTree["functions"] = [];
  const nodes: FlatTree["nodes"] = [];
  const known = new Map<string, number>();
  const order: FlameNode[] = [];
  const numbers = new Map<FlameNode, number>();
  const add = (node: FlameNode, parent: number) => {
    const { name, module, kind, file, line, value } = node;
    const key = [kind, module, name, file, line].join("\0");
    const place = { ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) };
    if (!known.has(key)) known.set(key, functions.push({ name, module, kind, ...place }) - 1);
    order.push(node);
    numbers.set(node, nodes.push([parent, known.get(key) as number, value]) - 1);
  };
  add(root, -1);
  for (const node of walk(root)) for (const child of node.children) add(child, numbers.get(node) as number);
  return { tree: { functions, nodes }, order };
}
