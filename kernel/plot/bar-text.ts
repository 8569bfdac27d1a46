import { type FigureData, readBars } from "./bars.js";
import { countText, shareText } from "./number-text.js";
import { clip } from "./svg.js";

const WIDTH = 40;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** The bars of a plotly figure as text. */
export function barText(figure: FigureData): string {
  const { title, axis, bars } = readBars(figure);
  if (bars.length === 0) return `${title}: ${figure.data.length ? "drawn by plotly.js only" : "no samples"}`;
  const labels = bars.map((bar) => clip(bar.label, 34));
  const gutter = Math.max(...labels.map((label) => label.length));
  const most = Math.max(...bars.map((bar) => bar.value), Number.MIN_VALUE);
  const total = bars.reduce((sum, bar) => sum + bar.value, 0);
  const lines = bars.map((bar, i) => {
    const eighths = Math.round((bar.value / most) * WIDTH * 8);
    const drawn = "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7];
    return `${labels[i].padEnd(gutter)}  ${drawn} ${countText(bar.value)} · ${shareText(bar.value, total)}`;
  });
  return [axis && !title.endsWith(axis) ? `${title} (${axis})` : title, ...lines]
    .map((line) => line.trimEnd())
    .join("\n");
}
