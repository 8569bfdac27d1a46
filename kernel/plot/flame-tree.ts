/** A function where it was called, with everything that it called. */
export interface FlameNode {
  name: string;
  module: string;
  kind: string;
  /** Source of the function, and the line where it begins, where they are known. */
  file?: string;
  line?: number;
  /** Samples in which it was on the stack, in the unit of the graph. */
  value: number;
  /** Samples in which it was the innermost frame. */
  self: number;
  children: FlameNode[];
}

/** Stacks as columns, and what each weighs. The same stack may come more than once. */
export interface FlameInput {
  readonly frames: {
    readonly name: readonly string[];
    readonly module: readonly string[];
    readonly kind: readonly string[];
    readonly file?: readonly (string | null)[];
    readonly line?: readonly (number | null)[];
  };
  /** Stack `i` has the frames `stackFrames[offsets[i]] … stackFrames[offsets[i + 1] - 1]`, root first. */
  readonly offsets: Int32Array;
  readonly stackFrames: Int32Array;
  /** Rows of stacks, each with its weight. */
  readonly stacks: Int32Array;
  readonly weights: Float64Array;
}

/** What frames that are too small to be seen are called together. */
export const REST = "…";

/** The smallest share of the whole that a frame keeps a node of its own for. */
export const MIN_SHARE = 0.001;

/** So that a figure stays some hundred kilobytes in a notebook, even of stacks that share nothing. */
export const MAX_NODES = 5000;

/**
 * Merges stacks from the root into one tree, the heaviest child first.
 *
 * Frames below 0.1 % of the whole are merged into `…`. Nothing is recursive: stacks may be as deep as they like.
 */
export function flameTree(input: FlameInput): FlameNode {
  const root = mergeStacks(input);
  sortTree(root);
  for (let share = MIN_SHARE; share <= 1 && prune(root, root.value * share) > MAX_NODES; share *= 2);
  return root;
}

function mergeStacks({ frames, offsets, stackFrames, stacks, weights }: FlameInput): FlameNode {
  const root: FlameNode = { name: "all", module: "", kind: "user", value: 0, self: 0, children: [] };
  const nodes = [root];
  const frameCount = frames.name.length;
  // A child by its parent's number and its frame's: a map a node would cost more than the nodes.
  const childOf = new Map<number, number>();
  for (let i = 0; i < stacks.length; i++) {
    const weight = weights[i];
    let at = 0;
    root.value += weight;
    for (let k = offsets[stacks[i]]; k < offsets[stacks[i] + 1]; k++) {
      const frame = stackFrames[k];
      const key = at * frameCount + frame;
      let child = childOf.get(key);
      if (child === undefined) {
        const { name, module, kind } = frames;
        const file = frames.file?.[frame];
        const line = frames.line?.[frame];
        child = nodes.length;
        childOf.set(key, child);
        nodes.push({
          name: name[frame],
          module: module[frame],
          kind: kind[frame],
          ...(file ? { file } : {}),
          ...(file && line ? { line } : {}),
          value: 0,
          self: 0,
          children: [],
        });
        nodes[at].children.push(nodes[child]);
      }
      nodes[child].value += weight;
      at = child;
    }
    nodes[at].self += weight;
  }
  return root;
}

function sortTree(root: FlameNode): void {
  for (const node of walk(root)) {
    node.children.sort(
      (a, b) => b.value - a.value || compareText(a.name, b.name) || compareText(a.module, b.module),
    );
  }
}

/** Merges smaller children of each node into one, which comes last. Returns how many nodes are left. */
function prune(root: FlameNode, smallest: number): number {
  let count = 0;
  for (const node of walk(root)) {
    count++;
    const kept: FlameNode[] = [];
    let value = 0;
    for (const child of node.children) {
      if (child.value >= smallest && child.name !== REST) kept.push(child);
      else value += child.value;
    }
    if (kept.length === node.children.length) continue;
    node.children = kept;
    kept.push({ name: REST, module: "", kind: "user", value, self: value, children: [] });
  }
  return count;
}

/** Every node, parents before their children. Children may be replaced while their parent is visited. */
export function* walk<T extends { children: T[] }>(root: T): Generator<T> {
  const pending = [root];
  for (let node = pending.pop(); node; node = pending.pop()) {
    yield node;
    for (let i = node.children.length - 1; i >= 0; i--) pending.push(node.children[i]);
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
