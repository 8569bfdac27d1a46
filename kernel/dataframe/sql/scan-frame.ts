import { enumColumn, numberColumn, type ScanColumn, valueColumn } from "../../duckdb/scan.js";
import type { Column, NamedColumn } from "../columns/column.js";
import { isMissing } from "../columns/column.js";
import { madeColumn } from "../columns/lazy-column.js";
import { NumberColumn } from "../columns/number-column.js";
import { TextColumn } from "../columns/text-column.js";

/**
 * Columns of a frame as DuckDB reads them: numbers in place, text as codes into its dictionary, gaps as NULL.
 *
 * @param query By which it is guessed whether a dictionary of long texts is worth making; without one it is right, too.
 */
export function scanColumns(columns: readonly NamedColumn[], query = ""): ScanColumn[] {
  const isNamed = (name: string) => new RegExp(`\\b${name}\\b|(?<!\\()\\*|^\\s*from\\b`, "i").test(query);
  return columns.map(({ name, column }) => scanColumn(name, madeColumn(column), isNamed));
}

function scanColumn(name: string, column: Column, isNamed: (name: string) => boolean): ScanColumn {
  if (column instanceof NumberColumn) {
    const { values } = column;
    const hasGaps = values instanceof Float64Array && values.some(Number.isNaN);
    return numberColumn(name, values, hasGaps ? (row) => Number.isNaN(values[row]) : undefined);
  }
  if (column instanceof TextColumn) {
    if (column.isLazy && !isNamed(name)) return valueColumn(name, "VARCHAR", (row) => column.at(row));
    const { codes, texts } = column.encoded();
    return enumColumn(name, texts, (row) => codes[row]);
  }
  const at = (row: number) => {
    const value = column.at(row);
    return isMissing(value) ? null : value;
  };
  if (column.dtype === "boolean") return valueColumn(name, "BOOLEAN", (row) => at(row) as boolean | null);
  if (column.dtype !== "string") return valueColumn(name, "DOUBLE", (row) => at(row) as number | null);
  return valueColumn(name, "VARCHAR", (row) => textOf(at(row)));
}

function textOf(value: unknown): string | null {
  if (value === null) return null;
  return value instanceof Date ? value.toISOString() : String(value);
}
