import type { NamedColumn } from "../columns/column.js";
import { NumberColumn } from "../columns/number-column.js";
import { TextColumn } from "../columns/text-column.js";
import type { ProfileLink } from "../profile-link.js";
import { repeating } from "../profile-rows.js";

/** Columns of a frame, and which rows of the profile each of its rows stands for. */
export interface LinkedColumns {
  readonly columns: NamedColumn[];
  readonly link: () => ProfileLink;
}

export function numbers(name: string, values: Int32Array | Float64Array): NamedColumn {
  return { name, column: new NumberColumn(values) };
}

/** Texts of a table of the profile, by row of it. */
export function texts(name: string, rows: Int32Array, table: readonly string[]): NamedColumn {
  return { name, column: new TextColumn(rows, repeating(table)) };
}
