import { inspect } from "node:util";
import { FLAMEGRAPH_MIME, jupyterDisplay, type MimeBundle } from "../display/mime.js";
import { flatTree } from "./flame-json.js";
import { flameSvg } from "./flame-svg.js";
import { flameText } from "./flame-text.js";
import { type FlameInput, type FlameNode, flameTree } from "./flame-tree.js";
import { svgImage } from "./svg.js";

/** A flame graph: a figure that shows itself, and whose tree and title can be read and changed. */
export class FlameGraph {
  constructor(
    public root: FlameNode,
    public title: string,
    /** What values count: `samples`. */
    public unit: string,
  ) {}

  /** Merges stacks into a flame graph. */
  static of(stacks: FlameInput, title: string, unit = "samples"): FlameGraph {
    return new FlameGraph(flameTree(stacks), title, unit);
  }

  /** The value of all stacks together. */
  get total(): number {
    return this.root.value;
  }

  /** The static picture, as the text of an SVG file. */
  toSVG(): string {
    return flameSvg(this, true).markup;
  }

  [jupyterDisplay](): MimeBundle {
    const { title, unit, root } = this;
    return {
      [FLAMEGRAPH_MIME]: { version: 1, title, unit, ...flatTree(root).tree },
      "text/html": svgImage(flameSvg(this, false), `Flame graph: ${title}`),
      "text/plain": flameText(this),
    };
  }

  [inspect.custom](): string {
    return flameText(this);
  }

  toString(): string {
    return flameText(this);
  }
}
