import type { DifferentialNode } from "./differential-node.js";
import { amountText, type ChangeMeasure, changeMark } from "./flame-change.js";
import { heavyBranches } from "./flame-text.js";
import { countText, shareText, tenthsText } from "./number-text.js";
import { clip } from "./svg.js";

/** The whole on both sides. */
export function totalText({ before, after, change }: DifferentialNode, measure: ChangeMeasure): string {
  if (measure === "share") return `${countText(before)} → ${countText(after)} samples`;
  const share = shareText(Math.abs(change.after - change.before), change.before);
  const sign = change.after < change.before ? "−" : "+";
  return `${tenthsText(change.before)} → ${tenthsText(change.after)} ms a window (${sign}${share})`;
}

/** A differential flame graph as an indented tree of the branches that are heavy on one of its sides. */
export function differentialText(graph: {
  root: DifferentialNode;
  title: string;
  measure: ChangeMeasure;
}): string {
  const { root, title, measure } = graph;
  const share = ({ before, after }: DifferentialNode) => Math.max(before / root.before, after / root.after);
  const columns = (...texts: string[]) => texts.map((text) => text.padStart(10)).join(" ");
  const lines = heavyBranches(root, share, ({ change }) =>
    columns(
      amountText(change.before, measure),
      amountText(change.after, measure),
      changeMark(change, measure),
    ),
  );
  return [
    `${clip(title, 100)}: ${totalText(root, measure)}`,
    columns("before", "after", "change"),
    ...lines,
  ].join("\n");
}
