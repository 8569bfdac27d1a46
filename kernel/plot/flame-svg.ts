import { flameColour, kindColour, PALETTES } from "./flame-colours.js";
import { type FlameNode, walk } from "./flame-tree.js";
import { countText, shareText } from "./number-text.js";
import { clip, element, emptyPicture, INK, MONO, picture, type Svg } from "./svg.js";

const WIDTH = 1200;
const MARGIN = 12;
const HEADER = 46;
const FOOTER = 30;
const NOTE = 20;
const ROW = 18;
const FONT = 11.5;
/** Of a monospaced letter, in pixels at {@link FONT}. */
const LETTER = 6.95;
/** A frame that is narrower cannot be seen. */
const MIN_WIDTH = 0.5;

/** What a picture says about its frames, and with which colours. */
export interface FlameLook {
  /** Beside the title. */
  readonly total: string;
  fill(node: FlameNode, isRoot: boolean): string;
  label(node: FlameNode, letters: number): string;
  /** Amounts, behind the name and its place. */
  amount(node: FlameNode): string;
  legend(x: number, y: number): Svg[];
  /** What the reader must know, above the legend. */
  readonly note?: string;
}

interface Box {
  readonly node: FlameNode;
  readonly depth: number;
  readonly x: number;
  readonly width: number;
}

/**
 * A flame graph as a static picture: the root at the bottom, what it calls above it.
 *
 * Tooltips work where the file is opened by itself. Inside an `<img>` they do not, and are half of the bytes.
 */
export function flameSvg(
  graph: { root: FlameNode; title: string; unit: string },
  tooltips: boolean,
  look: FlameLook = kindsLook(graph),
): Svg {
  const { root, title } = graph;
  if (root.value === 0) return emptyPicture(WIDTH, title, "no samples");
  const boxes = place(root);
  const rows = boxes.reduce((most, box) => Math.max(most, box.depth), 0) + 1;
  const footer = FOOTER + (look.note ? NOTE : 0);
  const height = HEADER + rows * ROW + footer;
  const frames = boxes.flatMap((box) => {
    const drawn = frame(box, height - footer, look);
    return tooltips ? [element("g", {}, element("title", {}, tooltip(box.node, look)), ...drawn)] : drawn;
  });
  return picture(
    WIDTH,
    height,
    element(
      "text",
      { x: MARGIN + 4, y: 28, "font-size": 15, "font-weight": 600, fill: INK.text },
      clip(title, 100),
    ),
    element(
      "text",
      { x: WIDTH - MARGIN - 4, y: 28, "font-size": 13, "text-anchor": "end", fill: INK.faint },
      look.total,
    ),
    element("g", { "font-family": MONO, "font-size": FONT }, ...frames),
    ...(look.note
      ? [
          element(
            "text",
            { x: MARGIN + 4, y: height - FOOTER - 2, "font-size": 12, fill: INK.text },
            look.note,
          ),
        ]
      : []),
    ...look.legend(MARGIN + 4, height - 11),
  );
}

function place(root: FlameNode): Box[] {
  const boxes: Box[] = [];
  const pending: Box[] = [{ node: root, depth: 0, x: MARGIN, width: WIDTH - 2 * MARGIN }];
  for (let box = pending.pop(); box; box = pending.pop()) {
    boxes.push(box);
    const children: Box[] = [];
    let { x } = box;
    for (const node of box.node.children) {
      const width = (box.width * node.value) / box.node.value;
      if (width >= MIN_WIDTH) children.push({ node, depth: box.depth + 1, x, width });
      x += width;
    }
    pending.push(...children.reverse());
  }
  return boxes;
}

function frame({ node, depth, x, width }: Box, bottom: number, look: FlameLook): Svg[] {
  const y = bottom - (depth + 1) * ROW;
  const gap = width > 3 ? 1 : 0; // narrow frames would vanish between the gaps
  const round: Record<string, number> = gap ? { rx: 2 } : {};
  const fill = look.fill(node, depth === 0);
  const rect = element("rect", { x, y, width: width - gap, height: ROW - 1, ...round, fill });
  const letters = Math.floor((width - 8) / LETTER);
  if (letters < 3) return [rect];
  return [rect, element("text", { x: x + 4, y: y + 12.5, fill: INK.text }, look.label(node, letters))];
}

function tooltip(node: FlameNode, look: FlameLook): string {
  const place =
    node.file === undefined ? "" : `${node.file}${node.line === undefined ? "" : `:${node.line}`}`;
  // A name may have its place already.
  const parts = [node.name.includes(place) ? "" : place, node.module].filter(Boolean);
  const where = parts.length > 0 ? ` (${parts.join(", ")})` : "";
  return `${node.name}${where}: ${look.amount(node)}`;
}

/** Frames by the kind of their code. */
function kindsLook({ root, unit }: { root: FlameNode; unit: string }): FlameLook {
  return {
    total: `${countText(root.value)} ${unit}`,
    fill: (node, isRoot) => (isRoot ? INK.line : flameColour(node)),
    label: (node, letters) => clip(node.name, letters),
    amount: ({ value }) => `${countText(value)} ${unit}, ${shareText(value, root.value)}`,
    legend: (x, y) => legend(root, x, y),
  };
}

/** The kinds that occur, by colour. */
function legend(root: FlameNode, left: number, y: number): Svg[] {
  const kinds = new Set<string>();
  for (const node of walk(root)) if (node !== root) kinds.add(node.kind);
  let x = left;
  return Object.entries(PALETTES)
    .filter(([kind]) => kinds.has(kind))
    .flatMap(([kind, { label }]) => {
      const swatch = element("rect", { x, y: y - 9, width: 11, height: 11, rx: 2, fill: kindColour(kind) });
      const text = element("text", { x: x + 16, y, "font-size": 12, fill: INK.faint }, label);
      x += 16 + label.length * 7 + 18;
      return [swatch, text];
    });
}
