import { ColumnFrame } from "../dataframe/column-frame.js";
import { frameHtml, frameText } from "../dataframe/frame-display.js";
import { shortModule } from "../dataframe/short-module.js";
import { escapeHtml } from "../display/mime.js";
import { countText, plural, tenthsText } from "../plot/number-text.js";
import type { ComparedSide, ComparisonMeta } from "./comparison-meta.js";

const NOTE = "opacity:.8;font-size:smaller";

/** Digits behind the point that a cell shows. */
const DIGITS: Record<string, number> = {
  share_before: 4,
  share_after: 4,
  difference: 4,
  low: 4,
  high: 4,
  before_ms: 1,
  after_ms: 1,
  time_difference_ms: 1,
  difference_ms: 1,
  low_ms: 1,
  high_ms: 1,
};

export function comparisonHtml(frame: ColumnFrame, meta: ComparisonMeta): string {
  const lines = header(meta).map((line, i) => `<div style="${i ? NOTE : ""}">${escapeHtml(line)}</div>`);
  return `<div>${lines.join("")}${frameHtml(shown(frame))}</div>`;
}

export function comparisonText(frame: ColumnFrame, meta: ComparisonMeta): string {
  return [...header(meta), frameText(shown(frame))].join("\n");
}

/** The whole effect, and how the verdicts were found. */
function header(meta: ComparisonMeta): string[] {
  const { before, after, by, of, measure, verdicts, over, differenceMs, differenceShare } = meta;
  const effect = [];
  if (!Number.isNaN(differenceMs)) {
    effect.push(
      `CPU time ${tenthsText(before.timeMs)} → ${tenthsText(after.timeMs)} ms` +
        ` (${signed(differenceMs)} ms, ${signed(100 * differenceShare)} %)`,
    );
    if (!Number.isNaN(before.cpus) && !Number.isNaN(after.cpus))
      effect.push(`${before.cpus.toFixed(2)} → ${after.cpus.toFixed(2)} CPUs`);
  }
  effect.push(`${sideText(before)} → ${sideText(after)}`);
  const { slower, faster } = verdicts;
  const found = `${countText(slower)} slower, ${countText(faster)} faster, ${countText(verdicts["no evidence"])} no evidence`;
  const what = by === "stack" ? "stacks" : `functions by ${of}`;
  const method = measure === "time" ? "95 %" : "95 % bootstrap";
  const how = over === "windows" ? `${method} over windows` : "95 % over samples";
  const measured = measure === "time" ? "CPU time in a window" : "share of samples";
  return [
    effect.join(" · "),
    `${what}, by ${measured}: ${found} · intervals: ${how} · p: Holm, verdicts at 5 %`,
  ];
}

function sideText({ windows, samples }: ComparedSide): string {
  return `${plural(samples, "sample")}${windows > 1 ? ` in ${plural(windows, "window")}` : ""}`;
}

function signed(value: number): string {
  return `${value > 0 ? "+" : value < 0 ? "−" : "±"}${tenthsText(Math.abs(value))}`;
}

/** What is shown of it: numbers of few digits, and modules as both sides have them, without their folders. */
function shown(frame: ColumnFrame): ColumnFrame {
  // danfojs's own code may have left a frame without rows, whose columns are empty, too.
  const columns = frame.namedColumns().map(({ name, column }): [string, readonly unknown[]] => {
    const digits = DIGITS[name];
    const values = column.toArray() as unknown[];
    if (name === "module") return [name, values.map((module) => shortModule(String(module)))];
    if (name === "p") return [name, values.map((p) => chanceText(p as number))];
    if (digits === undefined) return [name, values];
    return [name, values.map((value) => Number((value as number).toFixed(digits)))];
  });
  return ColumnFrame.of(Object.fromEntries(columns));
}

function chanceText(p: number): string {
  return p < 1e-4 ? "< 0.0001" : String(Number(p.toPrecision(2)));
}
