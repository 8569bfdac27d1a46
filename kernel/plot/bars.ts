import { BAR_COLOUR } from "./flame-colours.js";
import { fromPlotlyText } from "./plotly-text.js";

/** One bar, read back from a figure. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Half the width of the error bar; 0 without one. */
  readonly error: number;
  readonly colour: string;
}

export interface BarChart {
  readonly title: string;
  readonly axis: string;
  readonly bars: readonly Bar[];
}

/** The part of a plotly figure from which bars are drawn. */
export interface FigureData {
  readonly data: readonly object[];
  readonly layout: object;
}

/**
 * Reads the horizontal bars of a figure, as they are after the user has changed it.
 *
 * Traces of other types have no static picture; they are left to plotly.
 */
export function readBars(figure: FigureData): BarChart {
  const trace = figure.data.find((candidate) => field(candidate, "type") === "bar");
  const horizontal = field(trace, "orientation") === "h";
  const labels = list(field(trace, horizontal ? "y" : "x"));
  const values = list(field(trace, horizontal ? "x" : "y"));
  const errors = list(field(field(trace, horizontal ? "error_x" : "error_y"), "array"));
  const colour = field(field(trace, "marker"), "color");
  return {
    title: text(field(figure.layout, "title")),
    axis: text(field(field(figure.layout, horizontal ? "xaxis" : "yaxis"), "title")),
    bars: labels.map((label, i) => ({
      label: fromPlotlyText(String(label)),
      value: Number(values[i] ?? 0) || 0,
      error: Number(errors[i] ?? 0) || 0,
      colour: String((Array.isArray(colour) ? colour[i] : colour) ?? BAR_COLOUR),
    })),
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) || ArrayBuffer.isView(value) ? Array.from(value as unknown as unknown[]) : [];
}

/** Plotly takes a title as text or as an object. */
function text(title: unknown): string {
  const content = typeof title === "string" ? title : field(title, "text");
  return typeof content === "string" ? fromPlotlyText(content) : "";
}
