import { changeAmount, changeMark, type FlameChange } from "../plot/flame-change.js";
import { clipLabel, type FlameLayout, type FrameBox } from "./flame-layout.js";
import type { Differential, Frame } from "./flame-tree.js";

export const ROW_HEIGHT = 19;
const LABEL_FONT_SIZE = 11;
const LABEL_PADDING = 5;
const GAP = 1;

/** Draws the boxes as SVG, the root at the bottom. Which box an element shows is in its `data-box`. */
export function drawFlame(layout: FlameLayout, width: number, differential?: Differential): SVGSVGElement {
  const height = layout.rows * ROW_HEIGHT;
  const svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const characterWidth = measureCharacter();
  svg.append(
    ...layout.boxes.map((box, index) => {
      const y = height - (box.row + 1) * ROW_HEIGHT;
      const group = element("g", { class: frameClass(box), "data-box": index });
      const { change } = box.frame;
      if (differential && change)
        group.style.setProperty("--amount", `${100 * changeAmount(change, differential.scale)}%`);
      // Two frames of one kind are told apart by shade, and a function has the same shade everywhere.
      const hash = hashOf(box.frame);
      group.style.setProperty("--shade", ((hash % 1000) / 999).toFixed(2));
      group.style.setProperty("--tint", String(((hash >>> 10) % 7) - 3));
      // A frame so narrow that the gap would swallow it is drawn without one.
      const drawn = box.width > 3 * GAP ? box.width - GAP : box.width;
      const corner = Math.min(2, drawn / 4);
      group.append(element("rect", { x: box.x, y, width: drawn, height: ROW_HEIGHT - GAP, rx: corner }));
      const letters = Math.floor((drawn - 2 * LABEL_PADDING) / characterWidth);
      const label = clipLabel(labelOf(box.frame, letters, differential), letters);
      if (label) {
        const text = element("text", { x: box.x + LABEL_PADDING, y: y + ROW_HEIGHT / 2 });
        text.textContent = label;
        group.append(text);
      }
      return group;
    }),
  );
  return svg;
}

/** Marks the frames that match a search; with no search none is marked and none is faded. */
export function highlight(
  svg: SVGSVGElement,
  boxes: FrameBox[],
  matches: ((frame: Frame) => boolean) | undefined,
): void {
  svg.classList.toggle("proflab-searching", matches !== undefined);
  for (const [index, group] of [...svg.children].entries()) {
    group.classList.toggle("proflab-match", matches?.(boxes[index].frame) ?? false);
  }
}

/** Index of the box under an event, if it is on one. */
export function boxAt(event: Event): number | undefined {
  const group = (event.target as Element).closest<SVGGElement>(".proflab-frame");
  return group ? Number(group.dataset.box) : undefined;
}

/** The name, and how it has changed where there is room. */
function labelOf({ name, change }: Frame, letters: number, differential: Differential | undefined): string {
  const mark = differential && change ? changeMark(change, differential.measure) : "";
  return mark && name.length + mark.length + 2 <= letters ? `${name}  ${mark}` : name;
}

function frameClass({ frame, caller }: FrameBox): string {
  const callerClass = caller ? " proflab-caller" : "";
  if (frame.change) return `proflab-frame proflab-change-${changeClass(frame.change)}${callerClass}`;
  // The root, and what merges frames that are too small, are no code of any kind.
  const kind = frame.parent && frame.name !== "…" ? frame.kind : "none";
  return `proflab-frame proflab-kind-${kind}${callerClass}`;
}

function changeClass({ verdict }: FlameChange): string {
  return verdict === "no evidence" ? "none" : verdict;
}

/** FNV-1a of what the function is called; the static picture takes its colours from the same. */
function hashOf({ module, name }: Frame): number {
  const text = `${module}\0${name}`;
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash >>> 0;
}

/** Width of a character of the code font; measured, because themes and users choose the font. */
function measureCharacter(): number {
  const context = document.createElement("canvas").getContext("2d");
  const family = getComputedStyle(document.body).getPropertyValue("--jp-code-font-family").trim();
  if (!context) return LABEL_FONT_SIZE * 0.62;
  context.font = `${LABEL_FONT_SIZE}px ${family || "monospace"}`;
  return context.measureText("m".repeat(50)).width / 50;
}

function element<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Record<string, string | number>,
): SVGElementTagNameMap[K] {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, typeof value === "number" ? String(Math.round(value * 100) / 100) : value);
  }
  return made;
}
