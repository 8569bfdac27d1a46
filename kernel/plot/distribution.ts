import type { Data, Layout } from "plotly.js";
import { printable } from "../display/printable.js";
import { BAR_COLOUR, REST_COLOUR } from "./flame-colours.js";
import { countText, plural, shareText } from "./number-text.js";
import { PlotlyFigure } from "./plotly-figure.js";
import { toPlotlyText } from "./plotly-text.js";

/** One group of samples: a thread, a process, a function. */
export interface DistributionGroup {
  readonly label: string;
  readonly samples: number;
  readonly timeMs: number;
  readonly colour?: string;
}

export type DistributionUnit = "samples" | "ms";

/** Groups that have a bar of their own; smaller ones share one. */
const SHOWN_GROUPS = 30;

/**
 * How samples are distributed over groups, the largest first, as horizontal bars.
 *
 * Counts of independent samples vary as their square root, which is what the error bars show: two bars whose
 * errors overlap are not to be told apart.
 */
export function distribution(
  groups: readonly DistributionGroup[],
  title: string,
  unit: DistributionUnit,
): PlotlyFigure {
  const bars = largest(groups, unit);
  const total = bars.reduce((sum, bar) => sum + measure(bar, unit), 0);
  const totalSamples = bars.reduce((sum, bar) => sum + bar.samples, 0);
  const layout: Partial<Layout> = {
    title: { text: toPlotlyText(title) },
    xaxis: { title: { text: unit }, rangemode: "tozero" },
    yaxis: { type: "category", autorange: "reversed", automargin: true, ticksuffix: " " },
    height: 140 + 24 * bars.length,
    margin: { l: 80, r: 24, t: 56, b: 48 },
    showlegend: false,
  };
  if (bars.length === 0)
    return new PlotlyFigure([], { ...layout, annotations: [{ text: "no samples", showarrow: false }] });
  const data: Data = {
    type: "bar",
    orientation: "h",
    y: bars.map((bar) => toPlotlyText(printable(bar.label))),
    x: bars.map((bar) => rounded(measure(bar, unit))),
    error_x: { type: "data", array: bars.map((bar) => rounded(error(bar, unit))), thickness: 1, width: 3 },
    marker: { color: bars.map((bar) => bar.colour ?? BAR_COLOUR) },
    customdata: bars.map((bar) => [
      `${plural(bar.samples, "sample")} ± ${countText(Math.sqrt(bar.samples))}`,
      shareText(measure(bar, unit), total),
      `${bar.timeMs.toFixed(1)} ms`,
    ]),
    hovertemplate: "<b>%{y}</b><br>%{customdata[0]}<br>%{customdata[1]}<br>%{customdata[2]}<extra></extra>",
  };
  return new PlotlyFigure([data], {
    ...layout,
    title: { text: toPlotlyText(`${title}: ${plural(totalSamples, "sample")}`) },
  });
}

function largest(groups: readonly DistributionGroup[], unit: DistributionUnit): DistributionGroup[] {
  const sorted = distinctLabels(groups).sort(
    (a, b) => measure(b, unit) - measure(a, unit) || (a.label < b.label ? -1 : 1),
  );
  if (sorted.length <= SHOWN_GROUPS) return sorted;
  const rest = sorted.slice(SHOWN_GROUPS);
  const others = {
    label: `others (${countText(rest.length)})`,
    samples: rest.reduce((sum, group) => sum + group.samples, 0),
    timeMs: rest.reduce((sum, group) => sum + group.timeMs, 0),
    colour: REST_COLOUR,
  };
  return [...sorted.slice(0, SHOWN_GROUPS), others];
}

/** Plotly draws categories of one name on top of each other. */
function distinctLabels(groups: readonly DistributionGroup[]): DistributionGroup[] {
  const seen = new Map<string, number>();
  return groups.map((group) => {
    const label = group.label === "" ? "(none)" : group.label;
    const times = (seen.get(label) ?? 0) + 1;
    seen.set(label, times);
    return { ...group, label: times === 1 ? label : `${label} #${times}` };
  });
}

function measure(group: DistributionGroup, unit: DistributionUnit): number {
  return unit === "samples" ? group.samples : group.timeMs;
}

/** The standard error of a count is its square root; of a time, the same share of it. */
function error(group: DistributionGroup, unit: DistributionUnit): number {
  return group.samples > 0 ? measure(group, unit) / Math.sqrt(group.samples) : 0;
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
