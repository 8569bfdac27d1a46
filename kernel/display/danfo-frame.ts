import type { DataTable } from "./data-table.js";

/** As much of danfojs's DataFrame and Series as showing them takes. */
interface DanfoFrame {
  $data: unknown;
  columns: string[];
  index: unknown[];
  shape: number[];
  values: unknown[];
}

/**
 * A danfojs DataFrame or Series as a table of its first rows; undefined for any other value.
 *
 * The shape of the object decides, not its class: a notebook may have its own copy of danfojs.
 */
export function danfoTable(value: unknown, limit: number): DataTable | undefined {
  if (!isFrame(value)) return undefined;
  const isSeries = value.shape.length === 1 || !Array.isArray(value.values[0]);
  const values = value.values.slice(0, limit);
  const rows = isSeries ? values.map((item) => [item]) : (values as unknown[][]);
  return { columns: value.columns, index: value.index, rows, total: value.shape[0] };
}

function isFrame(value: unknown): value is DanfoFrame {
  if (value === null || typeof value !== "object" || !("$data" in value)) return false;
  const frame = value as Partial<DanfoFrame>;
  return [frame.columns, frame.index, frame.shape, frame.values].every(Array.isArray);
}
