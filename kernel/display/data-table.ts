import { inspect } from "node:util";
import { escapeHtml, type MimeBundle } from "./mime.js";
import { printable } from "./printable.js";
import { textTable } from "./text-table.js";

/** Rows that a notebook shows before "… n more". */
const SHOWN_ROWS = 50;
const SHOWN_COLUMNS = 100;
/** Characters of a cell in HTML; more stand in its `title`, and in the text. */
const SHOWN_CHARACTERS = 80;
/** Characters of a cell at most, wherever. */
const MAX_CHARACTERS = 2000;

const CELL = "padding:2px 8px;white-space:nowrap";

/** What a table shows: `rows[i]` has the values of row `i` in the order of `columns`. */
export interface DataTable {
  columns: readonly string[];
  rows: readonly (readonly unknown[])[];
  /** Labels of the rows; none are shown when it is left out. */
  index?: readonly unknown[];
  /** Rows of the whole, when `rows` holds only the first of them. */
  total?: number;
}

/** A table as HTML with inline styles only, so that it survives an untrusted notebook, and as text with whole cells. */
export function tableBundle(table: DataTable): MimeBundle {
  const columns = table.columns.slice(0, SHOWN_COLUMNS);
  const rows = table.rows.slice(0, SHOWN_ROWS).map((row) => columns.map((_, i) => row[i]));
  const shown: Shown = {
    columns: columns.map((name) => printable(String(name))),
    rows: rows.map((row) => row.map(cellText)),
    index: table.index && rows.map((_, i) => cellText(table.index![i])),
    isNumber: columns.map((_, i) => rows.some((row) => isNumeric(row[i]))),
    more:
      rows.length === 0
        ? "no rows"
        : hidden((table.total ?? table.rows.length) - rows.length, table.columns.length - columns.length),
  };
  return { "text/html": html(shown), "text/plain": text(shown) };
}

interface Shown {
  columns: string[];
  rows: string[][];
  index: string[] | undefined;
  isNumber: boolean[];
  more: string;
}

function html({ columns, rows, index, isNumber, more }: Shown): string {
  const corner = index ? "<th></th>" : "";
  const head = columns.map((name, i) => `<th style="${style(isNumber[i])}">${cellHtml(name)}</th>`);
  const body = rows.map((row, r) => {
    const label = index ? `<th style="${CELL}">${cellHtml(index[r])}</th>` : "";
    const cells = row.map(
      (cell, i) => `<td style="${style(isNumber[i])}"${title(cell)}>${cellHtml(cell)}</td>`,
    );
    return `<tr>${label}${cells.join("")}</tr>`;
  });
  const note = more && `<div style="opacity:0.7;padding:2px 8px">${more}</div>`;
  return `<table style="border-collapse:collapse"><thead><tr>${corner}${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>${note}`;
}

function text({ columns, rows, index, isNumber, more }: Shown): string {
  const table = index
    ? textTable(
        ["", ...columns],
        rows.map((row, i) => [index[i], ...row]),
        [false, ...isNumber],
      )
    : textTable(columns, rows, isNumber);
  return [table, more].filter(Boolean).join("\n");
}

function hidden(rows: number, columns: number): string {
  const parts = [
    ...(rows > 0 ? [`${rows.toLocaleString("en")} more`] : []),
    ...(columns > 0 ? [`${columns.toLocaleString("en")} more columns`] : []),
  ];
  return parts.length > 0 ? `… ${parts.join(", ")}` : "";
}

function style(isNumber: boolean): string {
  return `${CELL};text-align:${isNumber ? "right" : "left"}`;
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  let found: string;
  try {
    found =
      typeof value === "object"
        ? inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 20 })
        : String(value);
  } catch {
    found = "[cannot be shown]";
  }
  return printable(found.length > MAX_CHARACTERS ? `${found.slice(0, MAX_CHARACTERS)}…` : found);
}

function cellHtml(text: string): string {
  return escapeHtml(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS - 1)}…` : text);
}

function title(text: string): string {
  return text.length > SHOWN_CHARACTERS ? ` title="${escapeHtml(text)}"` : "";
}
