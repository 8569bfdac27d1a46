import { type Aggregation, aggregate, asAggregation, requireNumbers } from "./aggregate.js";
import type { Column, NamedColumn } from "./columns/column.js";
import { groupRows } from "./group-keys.js";

export interface PivotOptions {
  /** The columns whose values become rows. */
  index: string | readonly string[];
  /** The column whose values become columns. */
  columns: string;
  /** The column that is aggregated into the cells. */
  values: string;
  /** How: `sum` without it; see `groupby(…).agg`. */
  aggregate?: Aggregation;
}

/** Rows by some columns, columns by the values of another, in the order in which they first come; no value, a missing cell. */
export function pivoted(
  columnNamed: (name: string) => Column,
  length: number,
  { index, columns, values, aggregate: how = "sum" }: PivotOptions,
): NamedColumn[] {
  const keys = typeof index === "string" ? [index] : index;
  const aggregation = asAggregation("pivot", "aggregate", how);
  const [across, cells] = [columnNamed(columns), columnNamed(values)];
  requireNumbers("pivot", values, cells, aggregation);
  const down = groupRows(keys.map(columnNamed), length);
  const side = groupRows([across], length);
  const both = groupRows([...keys, columns].map(columnNamed), length);
  const results = aggregate(cells, both, aggregation);
  const used = new Set(keys);
  const result: NamedColumn[] = keys.map((name) => ({ name, column: columnNamed(name).take(down.first) }));
  const places = Array.from({ length: side.count }, () => new Int32Array(down.count).fill(-1));
  for (const [group, row] of both.first.entries()) places[side.of[row]][down.of[row]] = group;
  for (const [i, row] of side.first.entries()) {
    const value = across.at(row);
    const name = value instanceof Date ? value.toISOString() : String(value);
    let free = name; // 1 and "1" are two columns
    for (let n = 1; used.has(free); n++) free = `${name}_${n}`;
    used.add(free);
    result.push({ name: free, column: results.take(places[i]) });
  }
  return result;
}
