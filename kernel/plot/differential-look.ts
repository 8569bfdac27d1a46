import type { DifferentialNode, SizedNode } from "./differential-node.js";
import { unseenText } from "./differential-node.js";
import { totalText } from "./differential-text.js";
import {
  type ChangeMeasure,
  type ChangeSide,
  changeAmount,
  changeLines,
  changeMark,
  scaleTexts,
} from "./flame-change.js";
import { changeColour } from "./flame-colours.js";
import type { FlameLook } from "./flame-svg.js";
import { clip, element, INK, type Svg } from "./svg.js";

const STEPS = 5;
const STEP_WIDTH = 14;
const LETTER_WIDTH = 6.4;

/** Frames by how they have changed. */
export function differentialLook(graph: {
  root: DifferentialNode;
  by: ChangeSide;
  measure: ChangeMeasure;
  scale: number;
}): FlameLook {
  const { root, by, measure, scale } = graph;
  const changeOf = (node: object) => (node as SizedNode).change;
  return {
    total: `${totalText(root, measure)}, sized by ${by}`,
    fill(node) {
      const change = changeOf(node);
      const isSlower = change.verdict === "slower";
      return changeColour(isSlower ? "slower" : "faster", changeAmount(change, scale));
    },
    label(node, letters) {
      const mark = changeMark(changeOf(node), measure);
      const both = `${clip(node.name, letters)}  ${mark}`;
      return mark && both.length <= letters ? both : clip(node.name, letters);
    },
    amount: (node) => changeLines(changeOf(node), measure).join(", "),
    legend: (x, y) => legend(scaleTexts(scale, measure), scale > 0, x, y),
    note: unseenText(root, by),
  };
}

/** The scale from blue over grey to orange, with what its ends and its middle mean. */
function legend(texts: ReturnType<typeof scaleTexts>, hasColours: boolean, left: number, y: number): Svg[] {
  let x = left;
  const drawn: Svg[] = [];
  const swatch = (fill: string) => {
    drawn.push(element("rect", { x, y: y - 9, width: STEP_WIDTH, height: 11, fill }));
    x += STEP_WIDTH;
  };
  const text = (content: string) => {
    drawn.push(element("text", { x: x + 6, y, "font-size": 12, fill: INK.faint }, content));
    x += 6 + content.length * LETTER_WIDTH + 18;
  };
  const steps = Array.from({ length: STEPS }, (_, i) => Math.sqrt((i + 1) / STEPS));
  if (hasColours) {
    for (const amount of steps.toReversed()) swatch(changeColour("faster", amount));
    text(texts.less);
    for (const amount of steps) swatch(changeColour("slower", amount));
    text(texts.more);
  }
  swatch(changeColour("slower", 0));
  text(texts.none);
  return drawn;
}
