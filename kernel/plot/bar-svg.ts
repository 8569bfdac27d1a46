import { type Bar, type FigureData, readBars } from "./bars.js";
import { countText, shareText } from "./number-text.js";
import { clip, element, emptyPicture, INK, picture, type Svg } from "./svg.js";

const WIDTH = 900;
const HEADER = 48;
const FOOTER = 44;
const ROW = 24;
const LABEL_LETTERS = 46;
const LETTER = 7;
/** For the value at the end of a bar. */
const RIGHT = 120;

/** The bars of a plotly figure as a static picture, for notebooks where plotly does not draw. */
export function barSvg(figure: FigureData): Svg {
  const { title, axis, bars } = readBars(figure);
  if (bars.length === 0)
    return emptyPicture(WIDTH, title, figure.data.length ? "drawn by plotly.js only" : "no samples");
  const letters = Math.max(4, ...bars.map((bar) => clip(bar.label, LABEL_LETTERS).length));
  const left = 24 + letters * LETTER;
  const most = Math.max(...bars.map((bar) => bar.value + bar.error), Number.MIN_VALUE);
  const scale = (WIDTH - left - RIGHT) / most;
  const bottom = HEADER + bars.length * ROW;
  const total = bars.reduce((sum, bar) => sum + bar.value, 0);
  return picture(
    WIDTH,
    bottom + FOOTER,
    element("text", { x: 16, y: 28, "font-size": 15, "font-weight": 600, fill: INK.text }, clip(title, 90)),
    ...ticks(most).flatMap((tick) => gridLine(left + tick * scale, bottom, countText(tick))),
    ...bars.map((bar, i) => row(bar, { left, scale, total, y: HEADER + i * ROW })),
    element(
      "text",
      {
        x: (left + WIDTH - RIGHT) / 2,
        y: bottom + 36,
        "font-size": 12,
        "text-anchor": "middle",
        fill: INK.faint,
      },
      axis,
    ),
  );
}

function row(bar: Bar, place: { left: number; y: number; scale: number; total: number }): Svg {
  const { left, y, scale, total } = place;
  const middle = y + ROW / 2;
  const end = left + bar.value * scale;
  const whisker = bar.error * scale;
  const share = shareText(bar.value, total);
  const error: Svg[] =
    bar.error > 0
      ? [
          element("path", {
            d: errorPath(end, middle, whisker),
            stroke: INK.text,
            "stroke-opacity": 0.55,
            fill: "none",
          }),
        ]
      : [];
  const label = { x: left - 8, y: middle + 4, "font-size": 12.5, "text-anchor": "end", fill: INK.text };
  const value = { x: end + whisker + 8, y: middle + 4, "font-size": 12, fill: INK.faint };
  return element(
    "g",
    {},
    element("title", {}, `${bar.label}: ${countText(bar.value)}, ${share}`),
    element("text", label, clip(bar.label, LABEL_LETTERS)),
    element("rect", {
      x: left,
      y: y + 3,
      width: Math.max(0, end - left),
      height: ROW - 6,
      rx: 2,
      fill: bar.colour,
    }),
    ...error,
    element("text", value, `${countText(bar.value)} · ${share}`),
  );
}

function errorPath(x: number, y: number, half: number): string {
  const [from, to] = [(x - half).toFixed(1), (x + half).toFixed(1)];
  return `M${from} ${y}H${to}M${from} ${y - 3}v6M${to} ${y - 3}v6`;
}

function gridLine(x: number, bottom: number, label: string): Svg[] {
  return [
    element("path", { d: `M${x.toFixed(1)} ${HEADER}V${bottom}`, stroke: INK.line, fill: "none" }),
    element("text", { x, y: bottom + 16, "font-size": 11, "text-anchor": "middle", fill: INK.faint }, label),
  ];
}

/** Round numbers from 0, some five of them. */
function ticks(most: number): number[] {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].find((factor) => factor * power >= rough)! * power);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}
