import { escapeHtml, type MimeBundle } from "../display/mime.js";
import { printable } from "../display/printable.js";
import { frameHtml, frameText, type Shown } from "./frame-display.js";

/** The part of danfojs's Series that is needed to show it. */
interface ShownSeries {
  readonly values: unknown;
  readonly index: readonly (string | number)[];
  readonly columns: unknown;
  readonly dtypes: readonly string[];
}

export function seriesBundle(series: ShownSeries): MimeBundle {
  const kind = escapeHtml(printable(series.dtypes[0] ?? "empty"));
  return {
    "text/html": `${frameHtml(asFrame(series))}<small>${kind}</small>`,
    "text/plain": seriesText(series),
  };
}

/** The first values as text, with whole cells. */
export function seriesText(series: ShownSeries): string {
  return frameText(asFrame(series));
}

function asFrame(series: ShownSeries): Shown {
  const values = series.values as unknown[];
  const name = Array.isArray(series.columns) ? series.columns[0] : series.columns;
  return {
    shape: [values.length, 1],
    columns: [String(name ?? "0")],
    index: series.index,
    dtypes: series.dtypes.slice(0, 1),
    head: (rows) => ({ values: values.slice(0, rows).map((value) => [value]) }),
  };
}
