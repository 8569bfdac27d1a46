import { inspect } from "node:util";
import { FLAMEGRAPH_MIME, jupyterDisplay, type MimeBundle } from "../display/mime.js";
import { differentialLook } from "./differential-look.js";
import { type DifferentialNode, type SizedNode, sized, unseenText } from "./differential-node.js";
import { differentialText, totalText } from "./differential-text.js";
import { CHANGES, type ChangeMeasure, type ChangeSide } from "./flame-change.js";
import { flatTree } from "./flame-json.js";
import { flameSvg } from "./flame-svg.js";
import { walk } from "./flame-tree.js";
import { svgImage } from "./svg.js";

/**
 * A flame graph of two sides: each frame as wide as its side has it, coloured by how it has changed, grey where there is no
 * evidence of a change. In JupyterLab the side can be switched; elsewhere by `by`.
 */
export class DifferentialFlameGraph {
  constructor(
    public root: DifferentialNode,
    public title: string,
    /** The side by which frames are sized. */
    public by: ChangeSide,
    readonly measure: ChangeMeasure,
  ) {}

  /** The largest change with a verdict, rounded up to two digits: where colours are strongest. */
  get scale(): number {
    let most = 0;
    for (const { change } of walk(this.root))
      if (change.verdict !== "no evidence") most = Math.max(most, Math.abs(change.after - change.before));
    if (most === 0) return 0;
    const step = 10 ** (Math.floor(Math.log10(most)) - 1);
    return Number((Math.ceil(most / step - 1e-9) * step).toPrecision(2));
  }

  /** The static picture, as the text of an SVG file. */
  toSVG(): string {
    return this.#picture(true).markup;
  }

  [jupyterDisplay](): MimeBundle {
    const { title, by, measure, root } = this;
    const { tree, order } = flatTree(sized(root, by));
    return {
      [FLAMEGRAPH_MIME]: {
        ...{ version: 1, title, unit: "samples", ...tree },
        differential: {
          ...{ by, measure, scale: this.scale, total: totalText(root, measure) },
          notes: { before: unseenText(root, "before"), after: unseenText(root, "after") },
          changes: (order as SizedNode[]).map(({ change: { before, after, low, high, verdict } }) => [
            ...[before, after, low, high].map((value) => Number(value.toPrecision(6))),
            CHANGES.indexOf(verdict),
          ]),
        },
      },
      "text/html": svgImage(this.#picture(false), `Differential flame graph: ${title}`),
      "text/plain": differentialText(this),
    };
  }

  [inspect.custom](): string {
    return differentialText(this);
  }

  toString(): string {
    return differentialText(this);
  }

  #picture(tooltips: boolean) {
    const { title } = this;
    return flameSvg(
      { root: sized(this.root, this.by), title, unit: "samples" },
      tooltips,
      differentialLook(this),
    );
  }
}
