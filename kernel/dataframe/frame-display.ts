import { escapeHtml, type MimeBundle } from "../display/mime.js";
import { printable } from "../display/printable.js";
import { textTable } from "../display/text-table.js";
import { countText, plural } from "../plot/number-text.js";

/** Rows that a cell shows; the rest is said in words. */
export const SHOWN_ROWS = 20;

/** The part of danfojs's DataFrame that is needed to show it. */
export interface Shown {
  readonly shape: readonly number[];
  readonly columns: readonly string[];
  readonly index: readonly (string | number)[];
  readonly dtypes: readonly string[];
  head(rows: number): { readonly values: unknown };
}

// Inline, for untrusted notebooks lose style elements, and without colours, for they come in two themes.
const CELL = "padding:2px 8px;text-align:left;vertical-align:top;white-space:pre";
const NUMBER = "padding:2px 8px;text-align:right;vertical-align:top;font-variant-numeric:tabular-nums";
const NOTE = "opacity:.75;font-size:smaller;margin-top:4px";

/** A value as one line of text. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(8)));
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object") return printable(JSON.stringify(value) ?? "");
  return printable(String(value));
}

export function frameBundle(frame: Shown): MimeBundle {
  return { "text/html": frameHtml(frame), "text/plain": frameText(frame) };
}

/** The first rows as an HTML table. */
export function frameHtml(frame: Shown): string {
  const numeric = frame.dtypes.map(isNumeric);
  const style = (i: number) => (numeric[i] ? NUMBER : CELL);
  const head = ["", ...frame.columns].map(
    (name, i) => `<th style="${i ? style(i - 1) : CELL}">${html(name)}</th>`,
  );
  const body = shownRows(frame).map((row, i) => {
    const cells = row.map((value, column) => `<td style="${style(column)}">${html(cellText(value))}</td>`);
    return `<tr><th style="${CELL};opacity:.6">${html(String(frame.index[i]))}</th>${cells.join("")}</tr>`;
  });
  return htmlTable(head.join(""), body, extent(frame));
}

/** A table of ready-made cells, with a line under it. */
export function htmlTable(head: string, rows: readonly string[], note: string): string {
  const table = `<table style="border-collapse:collapse;color:inherit;font-size:inherit"><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
  return `<div style="overflow-x:auto;max-width:100%">${table}<div style="${NOTE}">${escapeHtml(note)}</div></div>`;
}

/** The first rows as text, with whole cells. */
export function frameText(frame: Shown): string {
  const rows = shownRows(frame).map((row, i) => [String(frame.index[i]), ...row.map(cellText)]);
  return `${textTable(["", ...frame.columns.map(printable)], rows, [false, ...frame.dtypes.map(isNumeric)])}\n${extent(frame)}`;
}

/** The table's size, and how much of it is not shown. */
export function extent(frame: Shown): string {
  const [rows, columns] = frame.shape;
  const size = `${plural(rows, "row")} × ${plural(columns, "column")}`;
  return rows > SHOWN_ROWS ? `… ${countText(rows - SHOWN_ROWS)} more · ${size}` : size;
}

function shownRows(frame: Shown): unknown[][] {
  const [rows] = frame.shape;
  // danfojs throws when it is asked for the head of nothing.
  return rows === 0 ? [] : (frame.head(Math.min(rows, SHOWN_ROWS)).values as unknown[][]);
}

export function isNumeric(dtype: string): boolean {
  return dtype === "int32" || dtype === "float32";
}

function html(text: string): string {
  return escapeHtml(printable(text));
}
