import { inspect } from "node:util";
import { ColumnFrame } from "../dataframe/column-frame.js";
import type { NamedColumn } from "../dataframe/columns/column.js";
import type { Labels } from "../dataframe/lazy-storage.js";
import { jupyterDisplay, type MimeBundle } from "../display/mime.js";
import type { DifferentialFlameGraph } from "../plot/differential.js";
import type { ComparisonMeta } from "./comparison-meta.js";
import { comparisonHtml, comparisonText } from "./comparison-text.js";
import { type DifferentialOptions, differentialFlameGraph } from "./differential-flame-graph.js";
import type { Sides } from "./sides.js";

/** What {@link compare} found: a frame with one row a function or stack, and the whole effect in `meta`. */
export class Comparison extends ColumnFrame {
  /** Of the whole comparison, also in a frame of some rows of it. */
  declare readonly meta: ComparisonMeta;

  readonly #sides: Sides;

  constructor(columns: readonly NamedColumn[], meta: ComparisonMeta, sides: Sides, labels?: Labels) {
    super(columns, labels);
    this.#sides = sides;
    // danfojs lists what a frame has.
    Object.defineProperty(this, "meta", { value: meta, enumerable: false });
  }

  protected override derive(columns: NamedColumn[], labels: Labels | undefined): ColumnFrame {
    return new Comparison(columns, this.meta, this.#sides, labels);
  }

  /**
   * The call tree of both sides, each frame as wide as one side has it and coloured by how it has changed: blue for less, orange
   * for more, grey where there is no evidence of a change. Always of the whole comparison, also of some of its rows.
   *
   * Frames count with what they call, by the comparison's measure; p is corrected for their number. What is too small to be
   * seen on the chosen side is named under the picture.
   *
   * @param options.by The side that frames are sized by, `after` or `before`; in JupyterLab it can be switched.
   * @throws {OptionError} for an unknown option
   */
  flamegraph(options: DifferentialOptions = {}): DifferentialFlameGraph {
    return differentialFlameGraph(this.#sides, this.meta.measure, options);
  }

  [jupyterDisplay](): MimeBundle {
    return {
      "text/html": comparisonHtml(this, this.meta),
      "text/plain": comparisonText(this, this.meta),
    };
  }

  [inspect.custom](): string {
    return comparisonText(this, this.meta);
  }

  override toString(): string {
    return comparisonText(this, this.meta);
  }
}
