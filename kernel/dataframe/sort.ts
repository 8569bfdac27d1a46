import type { Column } from "./columns/column.js";

/** The rows in the order of these columns, the first deciding first; equal rows keep their order, missing values come last. */
export function sortedRows(
  columns: readonly Column[],
  ascending: readonly boolean[],
  length: number,
): Int32Array {
  const keys = columns.map((column) => column.ranks());
  const signs = ascending.map((up) => (up ? 1 : -1));
  const rows = Int32Array.from({ length }, (_, row) => row);
  return rows.sort((a, b) => {
    for (let k = 0; k < keys.length; k++) {
      const left = keys[k][a];
      const right = keys[k][b];
      if (left === right) continue;
      const leftMissing = Number.isNaN(left);
      if (leftMissing !== Number.isNaN(right)) return leftMissing ? 1 : -1;
      if (!leftMissing) return left < right ? -signs[k] : signs[k];
    }
    return a - b;
  });
}
