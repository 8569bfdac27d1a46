import type { ChangeSide } from "../plot/flame-change.js";
import { boxAt, drawFlame, highlight, ROW_HEIGHT } from "./flame-chart.js";
import { createControls, type FlameControls } from "./flame-controls.js";
import { sizeBy } from "./flame-differential.js";
import { frameByKey } from "./flame-keys.js";
import { type FlameLayout, layoutFlame } from "./flame-layout.js";
import { readFlameTree } from "./flame-reader.js";
import { FlameTooltip, formatShare } from "./flame-tooltip.js";
import { type FlameTree, type Frame, frameMatcher, matchedValue } from "./flame-tree.js";
import { markReady, type Picture, showProblem } from "./picture.js";

/** Deeper stacks scroll; must be the max-height of the style. */
const MAX_HEIGHT = 32 * ROW_HEIGHT;
const SCROLLBAR = 14;

/** A flame graph to walk in: zoom by click, search, full names on hover, arrow keys. */
export class FlamegraphRenderer implements Picture {
  readonly #node: HTMLElement;
  readonly #view = document.createElement("div");
  readonly #tooltip = new FlameTooltip();
  #tree: FlameTree | undefined;
  #controls: FlameControls | undefined;
  #svg: SVGSVGElement | undefined;
  #layout: FlameLayout = { boxes: [], rows: 0, culled: 0 };
  #zoomed: Frame | undefined;
  #cursor: Frame | undefined;
  #width = 0;
  /** Most rows of the whole graph so far, by any side. */
  #rows = 0;

  constructor(node: HTMLElement) {
    this.#node = node;
    const view = this.#view;
    view.className = "proflab-flame-view";
    view.tabIndex = 0;
    view.addEventListener("click", (event) => this.#zoomTo(this.#frameAt(event)));
    view.addEventListener("pointermove", (event) =>
      this.#describe(this.#frameAt(event), event.clientX, event.clientY),
    );
    view.addEventListener("pointerleave", () => this.#tooltip.hide());
    view.addEventListener("wheel", () => this.#tooltip.hide());
    view.addEventListener("blur", () => this.#moveCursor(undefined));
    view.addEventListener("keydown", (event) => this.#key(event));
    // The keys typed here are ours: in a notebook, arrows would select another cell.
    node.dataset.lmSuppressShortcuts = "true";
  }

  render(data: unknown): void {
    this.#tooltip.hide();
    this.#tree = undefined;
    let tree: FlameTree;
    try {
      tree = readFlameTree(data);
    } catch (error) {
      showProblem(this.#node, `This flame graph cannot be drawn: ${(error as Error).message}.`);
      return;
    }
    const controls = createControls(tree, (side) => this.#sizeBy(side));
    if (tree.differential) controls.showSide(tree.differential.by);
    controls.search.addEventListener("input", () => this.#search());
    controls.reset.addEventListener("click", () => this.#zoomTo(tree.root));
    this.#view.setAttribute(
      "aria-label",
      `Flame graph ${tree.title}; arrow keys walk, Enter zooms, Escape resets`,
    );
    this.#node.replaceChildren(controls.header, this.#view, controls.footer);
    this.#tree = tree;
    this.#zoomed = tree.root;
    this.#cursor = undefined;
    this.#rows = 0;
    this.#controls = controls;
  }

  resize(width: number): void {
    this.#width = width;
    this.#draw();
  }

  dispose(): void {
    this.#tooltip.hide();
  }

  #draw(): void {
    if (!this.#tree || !this.#zoomed || !this.#width) return;
    let width = this.#width;
    this.#layout = layoutFlame(this.#zoomed, width);
    if (this.#layout.rows * ROW_HEIGHT > MAX_HEIGHT) {
      width -= SCROLLBAR;
      this.#layout = layoutFlame(this.#zoomed, width);
    }
    this.#svg = drawFlame(this.#layout, width, this.#tree.differential);
    this.#view.replaceChildren(this.#svg);
    // The picture keeps the height of the whole graph, so that a zoom does not move the notebook.
    if (this.#zoomed === this.#tree.root) {
      this.#rows = Math.max(this.#rows, this.#layout.rows);
      this.#view.style.minHeight = `${Math.min(MAX_HEIGHT, this.#rows * ROW_HEIGHT)}px`;
    }
    const below = this.#zoomed.depth * ROW_HEIGHT;
    this.#view.scrollTop =
      this.#view.scrollHeight - this.#view.clientHeight - Math.max(0, below - MAX_HEIGHT / 2);
    this.#search();
    this.#moveCursor(this.#cursor);
    markReady(this.#node, "1");
  }

  #zoomTo(frame: Frame | undefined): void {
    if (!this.#tree || !frame || frame === this.#zoomed) return;
    this.#zoomed = frame;
    this.#controls!.reset.hidden = frame === this.#tree.root;
    this.#tooltip.hide();
    this.#draw();
  }

  /** Sizes the frames by a side; a zoomed frame that this side does not have is left for its nearest caller. */
  #sizeBy(side: ChangeSide): void {
    if (!this.#tree || !this.#zoomed) return;
    sizeBy(this.#tree.root, side);
    while (this.#zoomed.value === 0 && this.#zoomed.parent) this.#zoomed = this.#zoomed.parent;
    this.#controls!.showSide(side);
    this.#controls!.reset.hidden = this.#zoomed === this.#tree.root;
    this.#tooltip.hide();
    this.#draw();
  }

  #search(): void {
    if (!this.#svg || !this.#zoomed) return;
    const { search, matched } = this.#controls!;
    const matches = search.value ? frameMatcher(search.value) : undefined;
    highlight(this.#svg, this.#layout.boxes, matches);
    const share = matches && formatShare(matchedValue(this.#zoomed, matches), this.#zoomed.value);
    matched.textContent = share ? `${share} matched` : "";
  }

  #frameAt(event: Event): Frame | undefined {
    return this.#layout.boxes[boxAt(event) ?? -1]?.frame;
  }

  #describe(frame: Frame | undefined, x = 0, y = 0): void {
    const { root, unit, differential } = this.#tree ?? {};
    if (frame && root && unit) this.#tooltip.show(frame, root.value, unit, x, y, differential?.measure);
    else this.#tooltip.hide();
  }

  #key(event: KeyboardEvent): void {
    if (!this.#tree) return;
    if (event.key === "Escape") {
      this.#moveCursor(undefined);
      this.#zoomTo(this.#tree.root);
    } else if (event.key === "Enter") this.#zoomTo(this.#cursor);
    else if (event.key.startsWith("Arrow")) {
      const next = this.#cursor ? frameByKey(this.#cursor, event.key) : this.#zoomed;
      if (next) this.#moveCursor(next);
    } else return;
    event.preventDefault();
  }

  /** Puts the keyboard's mark on a frame and describes it, if the frame is in view. */
  #moveCursor(frame: Frame | undefined): void {
    this.#svg?.querySelector(".proflab-cursor")?.classList.remove("proflab-cursor");
    const index = this.#layout.boxes.findIndex((box) => box.frame === frame);
    this.#cursor = index < 0 ? undefined : frame;
    const group = this.#svg?.children[index];
    group?.classList.add("proflab-cursor");
    group?.scrollIntoView({ block: "nearest" });
    const place = group?.getBoundingClientRect();
    this.#describe(this.#cursor, place?.left, place?.bottom);
  }
}
