import {
  type Aggregation,
  aggregate,
  aggregationName,
  asAggregation,
  isNumeric,
  requireNumbers,
} from "./aggregate.js";
import type { ColumnFrame } from "./column-frame.js";
import { type Column, isMissing, type NamedColumn } from "./columns/column.js";
import { columnOf } from "./columns/column-of.js";
import { isSameValue } from "./columns/value-codes.js";
import { DanfoGroupby, DataFrame, type Series } from "./danfojs/index.js";
import { type Groups, groupRows } from "./group-keys.js";
import { OptionError } from "./option-error.js";

/** What a {@link GroupBy} needs of the frame that it groups. */
export interface Grouped<Frame> {
  readonly names: string[];
  readonly columns: readonly Column[];
  readonly length: number;
  /** These rows as a frame of the same kind. */
  take(rows: Int32Array): ColumnFrame;
  /** A frame with one row a group. */
  fromGroups(columns: NamedColumn[], groups: Groups): Frame;
  /** A frame without a tie to the rows it came from. */
  fromColumns(columns: NamedColumn[]): ColumnFrame;
}

/**
 * Rows grouped by the values of some columns, as danfojs's `groupby` makes them, without its defects.
 *
 * Keys are compared by value and type, groups keep the order of their first rows, and missing values are left out of
 * every aggregation. Result columns are named as danfojs names them: `samples_sum`.
 */
export class GroupBy<Frame extends DataFrame = ColumnFrame> extends DanfoGroupby {
  readonly #source: Grouped<Frame>;
  readonly #keys: string[];
  readonly #selected: string[] | undefined;
  #groups: Groups | undefined;

  constructor(source: Grouped<Frame>, keys: readonly string[], selected?: string[], groups?: Groups) {
    for (const key of keys) positionOf(source, key, "groupby");
    const dtypes = source.columns.map((column) => column.dtype);
    super(
      keys.slice(),
      null,
      source.names,
      dtypes,
      keys.map((key) => source.names.indexOf(key)),
    );
    this.#source = source;
    this.#keys = keys.slice();
    this.#selected = selected;
    this.#groups = groups;
  }

  /** Chooses the columns to aggregate; all that can be, without it. Throws an Error for a column that does not exist. */
  override col(names?: string[]): GroupBy<Frame> {
    for (const name of names ?? []) positionOf(this.#source, name, "groupby");
    return new GroupBy(this.#source, this.#keys, names, this.#grouped);
  }

  override sum(): Frame {
    return this.#all("sum");
  }
  override mean(): Frame {
    return this.#all("mean");
  }
  override min(): Frame {
    return this.#all("min");
  }
  override max(): Frame {
    return this.#all("max");
  }
  override count(): Frame {
    return this.#all("count");
  }
  override std(): Frame {
    return this.#all("std");
  }
  override var(): Frame {
    return this.#all("var");
  }

  /**
   * Several aggregations at once, by name or as functions of a group's values: `agg({ samples: ["sum", "max"], depth: "mean" })`,
   * `agg({ time_ms: function spread(ms) { return Math.max(...ms) - Math.min(...ms); } })`, whose column is `time_ms_spread`.
   */
  override agg(operations: { [column: string]: Aggregation | string | (Aggregation | string)[] }): Frame {
    const wanted = Object.entries(operations).flatMap(([name, list]) =>
      (Array.isArray(list) ? list : [list]).map((operation): [string, Aggregation] => [
        name,
        asAggregation("groupby.agg", name, operation),
      ]),
    );
    return this.#aggregate(wanted);
  }

  override cumSum(): ColumnFrame {
    return this.#cumulate("cumsum", (a, b) => a + b);
  }
  override cumProd(): ColumnFrame {
    return this.#cumulate("cumprod", (a, b) => a * b);
  }
  override cumMax(): ColumnFrame {
    return this.#cumulate("cummax", Math.max);
  }
  override cumMin(): ColumnFrame {
    return this.#cumulate("cummin", Math.min);
  }

  /** Rows in each group, as the column `size`. */
  override size(): Frame {
    const groups = this.#grouped;
    const sizes = Int32Array.from(
      { length: groups.count },
      (_, g) => groups.offsets[g + 1] - groups.offsets[g],
    );
    return this.#source.fromGroups(
      [...this.#keyColumns(groups.first), { name: "size", column: columnOf(sizes) }],
      groups,
    );
  }

  override first(): ColumnFrame {
    return this.#source.take(this.#grouped.first);
  }
  override last(): ColumnFrame {
    const { offsets, rows, count } = this.#grouped;
    return this.#source.take(Int32Array.from({ length: count }, (_, g) => rows[offsets[g + 1] - 1]));
  }

  /** The rows whose keys have these values. Throws an Error when there are none. */
  override getGroup(values: (string | number | Date)[]): ColumnFrame {
    const groups = this.#grouped;
    const columns = this.#keys.map((key) => columnNamed(this.#source, key));
    const group = groups.first.findIndex((row) =>
      columns.every((column, i) => isSameValue(column.at(row), values[i])),
    );
    if (group < 0) throw new Error(`groupby: no group has ${this.#keys.join(", ")} = ${values.join(", ")}`);
    return this.#source.take(rowsOf(groups, group));
  }

  /** Puts the results of a function of each group's rows under each other, with the keys where the function left them out. */
  override apply(callable: (rows: ColumnFrame) => DataFrame | Series): ColumnFrame {
    const groups = this.#grouped;
    const parts = new Map<string, unknown[]>();
    let length = 0;
    for (let group = 0; group < groups.count; group++) {
      const result = callable(this.#source.take(rowsOf(groups, group)));
      const frame =
        result instanceof DataFrame
          ? result
          : new DataFrame([result.values], { columns: result.index.map(String) });
      const keys = this.#keyColumns(groups.first.subarray(group, group + 1)).filter(
        ({ name }) => !frame.columns.includes(name),
      );
      for (const { name, column } of keys)
        append(parts, name, length, new Array(frame.shape[0]).fill(column.at(0)));
      for (const name of frame.columns) append(parts, name, length, frame.column(name).values as unknown[]);
      length += frame.shape[0];
    }
    return this.#source.fromColumns(
      Array.from(parts, ([name, values]) => ({
        name,
        column: columnOf(append(parts, name, length, []) ?? values),
      })),
    );
  }

  override get ngroups(): number {
    return this.#grouped.count;
  }

  /** Values by column of each group, by its key: the value itself, or the values as a JSON list. */
  override get groups(): { [key: string]: { [column: string]: unknown[] } } {
    const groups = this.#grouped;
    const keys = this.#keyColumns(groups.first);
    const entries = Array.from({ length: groups.count }, (_, group) => {
      const values = keys.map(({ column }) => column.at(group));
      const rows = rowsOf(groups, group);
      const cells = this.#source.names.map((name, i) => [name, this.#source.columns[i].take(rows).toArray()]);
      return [values.length === 1 ? String(values[0]) : JSON.stringify(values), Object.fromEntries(cells)];
    });
    return Object.fromEntries(entries);
  }

  get #grouped(): Groups {
    this.#groups ??= groupRows(
      this.#keys.map((key) => columnNamed(this.#source, key)),
      this.#source.length,
    );
    return this.#groups;
  }

  #keyColumns(rows: Int32Array): NamedColumn[] {
    return this.#keys.map((name) => ({ name, column: columnNamed(this.#source, name).take(rows) }));
  }

  /** One aggregation of the chosen columns; without a choice, of those that it is defined for. */
  #all(aggregation: Aggregation): Frame {
    const { names } = this.#source;
    const others = names.filter((name) => !this.#keys.includes(name));
    const numeric = others.filter((name) => isNumeric(columnNamed(this.#source, name)));
    const chosen = this.#selected ?? (aggregation === "count" ? others : numeric);
    return this.#aggregate(chosen.map((name) => [name, aggregation]));
  }

  #aggregate(wanted: readonly [string, Aggregation][]): Frame {
    const groups = this.#grouped;
    const columns = wanted.map(([name, aggregation]) => {
      const column = columnNamed(this.#source, name);
      requireNumbers("groupby", name, column, aggregation);
      return {
        name: `${name}_${aggregationName(aggregation, name)}`,
        column: aggregate(column, groups, aggregation),
      };
    });
    return this.#source.fromGroups([...this.#keyColumns(groups.first), ...columns], groups);
  }

  #cumulate(suffix: string, combine: (a: number, b: number) => number): ColumnFrame {
    const groups = this.#grouped;
    const { names } = this.#source;
    const chosen =
      this.#selected ??
      names.filter((name) => !this.#keys.includes(name) && isNumeric(columnNamed(this.#source, name)));
    const columns = chosen.map((name) => {
      const column = columnNamed(this.#source, name);
      if (!isNumeric(column))
        throw new TypeError(`groupby: ${suffix} needs numbers, and column "${name}" is ${column.dtype}`);
      const values = new Float64Array(groups.rows.length);
      for (let group = 0; group < groups.count; group++) {
        let running: number | undefined;
        for (let i = groups.offsets[group]; i < groups.offsets[group + 1]; i++) {
          const value = column.at(groups.rows[i]) as number;
          if (!isMissing(value)) running = running === undefined ? value : combine(running, value);
          values[i] = running ?? Number.NaN;
        }
      }
      return { name: `${name}_${suffix}`, column: columnOf(Array.from(values)) };
    });
    return this.#source.fromColumns([...this.#keyColumns(groups.rows), ...columns]);
  }
}

function rowsOf(groups: Groups, group: number): Int32Array {
  return groups.rows.subarray(groups.offsets[group], groups.offsets[group + 1]);
}

/** Appends below `start` rows, with gaps where earlier groups had no such column. */
function append(parts: Map<string, unknown[]>, name: string, start: number, values: unknown[]): unknown[] {
  const column = parts.get(name) ?? [];
  while (column.length < start) column.push(null);
  for (const value of values) column.push(value);
  parts.set(name, column);
  return column;
}

function positionOf<T>(source: Grouped<T>, name: string, where: string): number {
  const position = source.names.indexOf(name);
  if (position < 0) throw new OptionError(where, "column", name, source.names);
  return position;
}

function columnNamed<T>(source: Grouped<T>, name: string): Column {
  return source.columns[positionOf(source, name, "groupby")];
}
