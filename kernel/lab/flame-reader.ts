import { readDifferential, sizeBy } from "./flame-differential.js";
import { type FlameTree, type Frame, KINDS } from "./flame-tree.js";

/**
 * Reads a flame graph out of a notebook. Throws an `Error` whose message is fit to be shown.
 *
 * Two forms: `root`, a nested `{ name, module?, kind?, file?, line?, value, children? }`; or flat, `functions` as a list of
 * `{ name, module?, kind?, file?, line? }` and `nodes` as a list of `[parent, function, value]`, indices into the two, parents
 * first, the root's parent -1; `differential` beside it makes a graph of two sides. Only the flat form can hold deep stacks: Jupyter's server refuses to read or save
 * notebooks with JSON nested deeper than Python recurses, which some 200 frames are.
 */
export function readFlameTree(data: unknown): FlameTree {
  if (!isObject(data)) throw new Error("the output is not an object");
  if (data.version !== 1) {
    throw new Error(`it is of version ${quote(data.version)}; this extension draws version 1`);
  }
  const title = typeof data.title === "string" ? data.title : "";
  const unit = typeof data.unit === "string" ? data.unit : "samples";
  if (data.nodes === undefined) return { title, unit, root: readNested(data.root) };
  const frames = readFlat(data.functions, data.nodes);
  const [root] = frames;
  if (data.differential === undefined) return { title, unit, root };
  const differential = readDifferential(data.differential, frames);
  sizeBy(root, differential.by);
  return { title, unit, root, differential };
}

function readNested(node: unknown): Frame {
  const root = readFrame(node, node, undefined);
  // Not recursive: the depth of a hostile tree is bounded only by the JSON parser.
  const pending: [Frame, unknown][] = [[root, node]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [frame, { children = [] }] = next as [Frame, { children?: unknown }];
    if (!Array.isArray(children)) throw new Error(`the children of ${quote(frame.name)} are not a list`);
    for (const child of children) pending.push([readFrame(child, child, frame), child]);
  }
  return root;
}

/** The frames in the order of the nodes, the root first. */
function readFlat(functions: unknown, nodes: unknown): Frame[] {
  if (!Array.isArray(functions) || !Array.isArray(nodes))
    throw new Error("functions and nodes are not lists");
  const frames: Frame[] = [];
  for (const [index, node] of nodes.entries()) {
    if (!Array.isArray(node)) throw new Error(`node ${index} is not a list`);
    const parent = frames[node[0]];
    if (index > 0 && !parent) throw new Error(`the parent of node ${index} is not a node before it`);
    frames.push(readFrame(functions[node[1]], { value: node[2] }, index > 0 ? parent : undefined));
  }
  if (frames.length === 0) throw new Error("it has no nodes");
  return frames;
}

/** Makes a frame and hangs it below its parent. */
function readFrame(about: unknown, amount: unknown, parent: Frame | undefined): Frame {
  if (!isObject(about) || !isObject(amount)) {
    throw new Error(parent ? `a child of ${quote(parent.name)} is not an object` : "it has no root");
  }
  const { name, module, kind, file, line } = about;
  const { value } = amount;
  if (typeof name !== "string") throw new Error(`the name of a frame is ${quote(name)}, not text`);
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw new Error(`the value of ${quote(name)} is ${quote(value)}, not a number of at least 0`);
  }
  const frame: Frame = {
    name,
    module: typeof module === "string" ? module : "",
    kind: KINDS.find((known) => known === kind) ?? "user",
    place: typeof file === "string" && file ? `${file}${typeof line === "number" ? `:${line}` : ""}` : "",
    value,
    self: value,
    depth: parent ? parent.depth + 1 : 0,
    parent,
    children: [],
  };
  if (parent) {
    parent.children.push(frame);
    parent.self = Math.max(0, parent.self - value);
  }
  return frame;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as a message quotes it, whatever its length. */
function quote(value: unknown): string {
  const json = JSON.stringify(value) ?? "missing";
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
