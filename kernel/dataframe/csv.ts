import type { Column } from "./columns/column.js";
import { isMissing } from "./columns/column.js";

export interface CsvOptions {
  /** Between values; a comma without it. */
  sep?: string;
  /** False leaves out the line of column names. */
  header?: boolean;
}

/** The table as RFC 4180 has it: lines end with CR LF, and what holds a separator, a quote or a line break is quoted. */
export function toCsv(
  names: readonly string[],
  columns: readonly Column[],
  length: number,
  options: CsvOptions,
): string {
  const { sep = ",", header = true } = options;
  const cell = (value: unknown): string => {
    if (isMissing(value)) return "";
    const text = value instanceof Date ? value.toISOString() : String(value);
    return /["\r\n]/.test(text) || text.includes(sep) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines: string[] = header ? [names.map(cell).join(sep)] : [];
  for (let row = 0; row < length; row++) lines.push(columns.map((column) => cell(column.at(row))).join(sep));
  return lines.map((line) => `${line}\r\n`).join("");
}
