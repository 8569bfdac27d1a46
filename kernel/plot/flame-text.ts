import type { FlameNode } from "./flame-tree.js";
import { countText, shareText } from "./number-text.js";
import { clip } from "./svg.js";

const MAX_LINES = 39;
/** Branches below this share are left out. */
const MIN_SHARE = 0.02;

/** A flame graph as an indented tree of its heaviest branches, root first; where a path does not branch it stays in its column. */
export function flameText(graph: { root: FlameNode; title: string; unit: string }): string {
  const { root, title, unit } = graph;
  const total = root.value === 0 ? "no samples" : `${countText(root.value)} ${unit}`;
  const branches = heavyBranches(
    root,
    ({ value }) => value / root.value,
    ({ value }) => shareText(value, root.value).padStart(7),
  );
  return [`${clip(title, 100)}: ${total}`, ...branches].join("\n");
}

/** The lines of the tree. @param share Of a node in the whole. @param amount What stands before its name. */
export function heavyBranches<T extends { name: string; children: T[] }>(
  root: T,
  share: (node: T) => number,
  amount: (node: T) => string,
): string[] {
  const lines: string[] = [];
  const pending: { node: T; depth: number }[] = [];
  const descend = (node: T, depth: number) => {
    const heavy = node.children.filter((child) => share(child) >= MIN_SHARE);
    const branches = heavy.length > 1 || (heavy.length === 1 && share(heavy[0]) < share(node) * 0.98);
    for (const child of heavy.reverse()) pending.push({ node: child, depth: branches ? depth + 1 : depth });
  };
  descend(root, 0);
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (lines.length >= MAX_LINES) {
      lines.push("…");
      break;
    }
    const { node, depth } = next;
    lines.push(`${amount(node)}  ${"  ".repeat(depth)}${clip(node.name, 100)}`);
    descend(node, depth);
  }
  return lines;
}
