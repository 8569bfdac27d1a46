import { countText, tenthsText } from "./number-text.js";

/** What a frame is measured by: its share of the samples, of 1, or its CPU time in a window, in milliseconds. */
export type ChangeMeasure = "share" | "time";

export const SIDES = ["before", "after"] as const;
export type ChangeSide = (typeof SIDES)[number];

export const CHANGES = ["slower", "faster", "no evidence"] as const;

/** A frame on both sides, in the unit of the measure, with the 95 % interval of after − before. */
export interface FlameChange {
  readonly before: number;
  readonly after: number;
  readonly low: number;
  readonly high: number;
  readonly verdict: (typeof CHANGES)[number];
}

/** `38.1 %`, `812.0 ms`. */
export function amountText(value: number, measure: ChangeMeasure): string {
  return measure === "share" ? `${tenthsText(100 * value)} %` : `${tenthsText(value)} ms`;
}

/** A difference with its sign: `−37.7 points` (of per cent), `+12.0 ms`. */
export function differenceText(difference: number, measure: ChangeMeasure): string {
  return `${signed(difference, measure)} ${measure === "share" ? "points" : "ms"}`;
}

/** `38.1 % → 0.4 %`, then the difference with its interval and verdict, each a line. */
export function changeLines(change: FlameChange, measure: ChangeMeasure): [string, string] {
  const { before, after, low, high, verdict } = change;
  const interval = `95 %: ${signed(low, measure)} to ${signed(high, measure)}`;
  return [
    `${amountText(before, measure)} → ${amountText(after, measure)}${measure === "time" ? " a window" : ""}`,
    `${differenceText(after - before, measure)} (${interval}) · ${verdictText(verdict, measure)}`,
  ];
}

/** `▼ 37.7`, what a label has room for; nothing where there is no evidence. */
export function changeMark({ before, after, verdict }: FlameChange, measure: ChangeMeasure): string {
  if (verdict === "no evidence") return "";
  const size = Math.abs(after - before);
  const unit = measure === "share" ? "" : " ms";
  const amount = measure === "share" ? tenthsText(100 * size) : countText(size);
  return `${verdict === "slower" ? "▲" : "▼"} ${amount}${unit}`;
}

/** What the two ends of the scale, and its middle, mean. */
export function scaleTexts(
  scale: number,
  measure: ChangeMeasure,
): { less: string; more: string; none: string } {
  const size = measure === "share" ? `${rounded(100 * scale)} points` : `${rounded(scale)} ms`;
  const [less, more] = measure === "share" ? ["smaller share", "larger share"] : ["less time", "more time"];
  return {
    less: `−${size}, ${less} after`,
    more: `+${size}, ${more} after`,
    none: "no evidence of a change",
  };
}

/** How much of the colour a frame has, up to 1; 0 where there is no evidence. By the root, so that small changes are seen. */
export function changeAmount({ before, after, verdict }: FlameChange, scale: number): number {
  return verdict === "no evidence" ? 0 : Math.sqrt(Math.min(1, Math.abs(after - before) / scale));
}

function verdictText(verdict: FlameChange["verdict"], measure: ChangeMeasure): string {
  if (verdict === "no evidence") return "no evidence of a change";
  const what = measure === "share" ? "share" : "time";
  return verdict === "slower" ? `slower: more ${what}` : `faster: less ${what}`;
}

function signed(value: number, measure: ChangeMeasure): string {
  const shown = tenthsText(Math.abs(measure === "share" ? 100 * value : value));
  return shown === "0.0" ? "±0.0" : `${value > 0 ? "+" : "−"}${shown}`;
}

function rounded(value: number): string {
  return value < 10 ? String(Number(value.toPrecision(2))) : countText(value);
}
