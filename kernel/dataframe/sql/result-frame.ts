import type { ResultColumn } from "../../duckdb/query.js";
import type { NamedColumn } from "../columns/column.js";
import { columnOf } from "../columns/column-of.js";
import { NumberColumn } from "../columns/number-column.js";
import { listTexts, TextColumn } from "../columns/text-column.js";

/** The columns of a result as those of a frame; texts that are codes stay codes. */
export function resultColumns(columns: readonly ResultColumn[]): NamedColumn[] {
  return columns.map((result) => {
    const { name } = result;
    if ("numbers" in result) return { name, column: new NumberColumn(result.numbers) };
    if ("codes" in result) return { name, column: new TextColumn(result.codes, listTexts(result.texts)) };
    return { name, column: columnOf(result.values) };
  });
}
