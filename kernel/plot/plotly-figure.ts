import { inspect } from "node:util";
import type { Config, Data, Layout } from "plotly.js";
import { jupyterDisplay, type MimeBundle, PLOTLY_MIME } from "../display/mime.js";
import { barSvg } from "./bar-svg.js";
import { barText } from "./bar-text.js";
import { svgImage } from "./svg.js";

/**
 * A figure as plotly.js takes it. Change `data`, `layout` and `config` before the cell ends, and it shows the change.
 *
 * Nothing is ever sent to plotly's servers, which plotly 4 offers by default.
 */
export class PlotlyFigure {
  constructor(
    public data: Data[],
    public layout: Partial<Layout>,
    public config: Partial<Config> = { showSendToCloud: false, plotlyServerURL: "", displaylogo: false },
  ) {}

  /** The static picture, as the text of an SVG file. */
  toSVG(): string {
    return barSvg(this).markup;
  }

  [jupyterDisplay](): MimeBundle {
    const { data, layout, config } = this;
    const text = barText(this);
    return {
      [PLOTLY_MIME]: { data, layout, config },
      "text/html": svgImage(barSvg(this), text.split("\n", 1)[0]),
      "text/plain": text,
    };
  }

  [inspect.custom](): string {
    return barText(this);
  }

  toString(): string {
    return barText(this);
  }
}
