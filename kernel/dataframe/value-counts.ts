import type { Column, NamedColumn } from "./columns/column.js";
import { NumberColumn } from "./columns/number-column.js";
import { groupRows } from "./group-keys.js";

/** How many rows have the same values of these columns, the most frequent first: the columns, `rows` and `share` of all. */
export function countedValues(keys: readonly NamedColumn[], length: number): NamedColumn[] {
  const columns: Column[] = keys.map(({ column }) => column);
  const groups = groupRows(columns, length);
  const counts = new Int32Array(groups.count);
  for (let row = 0; row < length; row++) counts[groups.of[row]]++;
  const order = Int32Array.from(groups.first, (_, group) => group).sort(
    (a, b) => counts[b] - counts[a] || a - b,
  );
  const first = order.map((group) => groups.first[group]);
  return [
    ...keys.map(({ name, column }) => ({ name, column: column.take(first) })),
    { name: "rows", column: new NumberColumn(order.map((group) => counts[group])) },
    { name: "share", column: new NumberColumn(Float64Array.from(order, (group) => counts[group] / length)) },
  ];
}
