import type { DataTable } from "./data-table.js";

/** As much of an Arrow table, apache-arrow's or flechette's, as showing it takes. */
interface ArrowTable {
  numRows: number;
  schema: { fields: { name: string }[] };
  getChildAt(column: number): ArrowColumn | null;
}

interface ArrowColumn {
  get?(row: number): unknown;
  at?(row: number): unknown;
}

/** An Arrow table's first rows; undefined for any other value. Its shape decides: a notebook may use either library. */
export function arrowTable(value: unknown, limit: number): DataTable | undefined {
  if (!isArrowTable(value)) return undefined;
  const columns = value.schema.fields.map(({ name }) => String(name));
  const children = columns.map((_, i) => value.getChildAt(i));
  const rows = Array.from({ length: Math.min(value.numRows, limit) }, (_, row) =>
    children.map((child) => (child?.get ? child.get(row) : child?.at?.(row))),
  );
  return { columns, rows, total: value.numRows };
}

function isArrowTable(value: unknown): value is ArrowTable {
  if (value === null || typeof value !== "object" || !("numRows" in value)) return false;
  const table = value as Partial<ArrowTable>;
  const isTable = typeof table.numRows === "number" && typeof table.getChildAt === "function";
  return isTable && Array.isArray(table.schema?.fields);
}
