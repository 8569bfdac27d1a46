import { inspect } from "node:util";
import { escapeHtml } from "./mime.js";

/** Rows that a notebook shows before "… n more". */
const SHOWN_ROWS = 50;
/** Characters of a cell before it is cut; the whole text stays in its `title`. */
const SHOWN_CHARACTERS = 80;

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

/** A table as HTML with inline styles only, so that it survives an untrusted notebook; every text is escaped. */
export function tableHtml(table: DataTable): string {
  const rows = table.rows.slice(0, SHOWN_ROWS);
  const isNumber = table.columns.map((_, i) => rows.some((row) => isNumeric(row[i])));
  const corner = table.index ? "<th></th>" : "";
  const head = table.columns.map(
    (name, i) => `<th style="${style(isNumber[i])}">${escapeHtml(String(name))}</th>`,
  );
  const body = rows.map((row, r) => {
    const label = table.index ? `<th style="${CELL}">${cellHtml(table.index[r])}</th>` : "";
    const cells = table.columns.map(
      (_, i) => `<td style="${style(isNumber[i])}"${title(row[i])}>${cellHtml(row[i])}</td>`,
    );
    return `<tr>${label}${cells.join("")}</tr>`;
  });
  const hidden = (table.total ?? table.rows.length) - rows.length;
  const more =
    hidden > 0 ? `<div style="opacity:0.7;padding:2px 8px">… ${hidden.toLocaleString("en")} more</div>` : "";
  return `<table style="border-collapse:collapse"><thead><tr>${corner}${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>${more}`;
}

function style(isNumber: boolean): string {
  return `${CELL};text-align:${isNumber ? "right" : "left"}`;
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  return String(value);
}

function cellHtml(value: unknown): string {
  const text = cellText(value);
  return escapeHtml(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS - 1)}…` : text);
}

function title(value: unknown): string {
  const text = cellText(value);
  return text.length > SHOWN_CHARACTERS ? ` title="${escapeHtml(text)}"` : "";
}
