import { type ChangeSide, type FlameChange, SIDES } from "./flame-change.js";
import { type FlameNode, MIN_SHARE, REST } from "./flame-tree.js";
import { countText, shareText } from "./number-text.js";
import { clip } from "./svg.js";

/** A function where it was called, on both sides. */
export interface DifferentialNode {
  name: string;
  module: string;
  kind: string;
  file?: string;
  line?: number;
  /** Samples of all windows before in which it was on the stack. */
  before: number;
  /** The same after. */
  after: number;
  change: FlameChange;
  children: DifferentialNode[];
}

/** A node with the samples of one side as its value. */
export interface SizedNode extends FlameNode {
  change: FlameChange;
}

/** The tree as one side has it. Not recursive: stacks may be as deep as they like. */
export function sized(root: DifferentialNode, by: ChangeSide): SizedNode {
  const of = ({ before, after, children, ...node }: DifferentialNode): SizedNode => {
    const value = by === "before" ? before : after;
    const self = children.reduce((left, child) => left - child[by], value);
    return { ...node, value, self, children: [] };
  };
  const top = of(root);
  const pending: [DifferentialNode, SizedNode][] = [[root, top]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    for (const child of next[0].children) {
      const node = of(child);
      next[1].children.push(node);
      pending.push([child, node]);
    }
  }
  return top;
}

/** Names that a note has room for. */
const NAMED = 4;

/** What is too small to be seen on this side, but not on the other one; `""` where there is nothing. */
export function unseenText(root: DifferentialNode, by: ChangeSide): string {
  const [other] = SIDES.filter((side) => side !== by);
  const samples = new Map<string, number>();
  const pending = [root];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (node[other] < root[other] * MIN_SHARE) continue;
    if (node[by] >= root[by] * MIN_SHARE) pending.push(...node.children);
    else if (node.name !== REST) samples.set(node.name, (samples.get(node.name) ?? 0) + node[other]);
  }
  if (samples.size === 0) return "";
  const names = [...samples].sort(([, a], [, b]) => b - a);
  const named = names
    .slice(0, NAMED)
    .map(([name, count]) => `${clip(name, 40)} ${shareText(count, root[other])}`);
  const more = names.length > NAMED ? `, and ${countText(names.length - NAMED)} more` : "";
  return `Seen only when sized by ${other}: ${named.join(", ")}${more}`;
}
