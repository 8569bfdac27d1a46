import type { FlameNode } from "./flame-tree.js";
import { countText, shareText } from "./number-text.js";
import { clip } from "./svg.js";

const MAX_LINES = 40;
/** Branches below this share are left out. */
const MIN_SHARE = 0.02;

/** A flame graph as an indented tree of its heaviest branches, root first; where a path does not branch it stays in its column. */
export function flameText(graph: { root: FlameNode; title: string; unit: string }): string {
  const { root, title, unit } = graph;
  const lines = [
    `${clip(title, 100)}: ${root.value === 0 ? "no samples" : `${countText(root.value)} ${unit}`}`,
  ];
  const pending: { node: FlameNode; depth: number }[] = [];
  const descend = (node: FlameNode, depth: number) => {
    const heavy = node.children.filter((child) => child.value >= root.value * MIN_SHARE);
    const branches = heavy.length > 1 || (heavy.length === 1 && heavy[0].value < node.value * 0.98);
    for (const child of heavy.reverse()) pending.push({ node: child, depth: branches ? depth + 1 : depth });
  };
  descend(root, 0);
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (lines.length >= MAX_LINES) {
      lines.push("…");
      break;
    }
    const { node, depth } = next;
    lines.push(
      `${shareText(node.value, root.value).padStart(7)}  ${"  ".repeat(depth)}${clip(node.name, 100)}`,
    );
    descend(node, depth);
  }
  return lines.join("\n");
}
