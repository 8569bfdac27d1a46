import { writeFileSync } from "node:fs";
import {
  type ColumnValues,
  catchNewColumns,
  defineColumns,
  newColumn,
  setColumn,
} from "./column-assignment.js";
import { seriesOver } from "./column-series.js";
import type { Column, NamedColumn } from "./columns/column.js";
import { columnOf, type Values } from "./columns/column-of.js";
import { MixedColumn } from "./columns/mixed-column.js";
import { type Condition, selectedRows } from "./condition.js";
import { type CsvOptions, toCsv } from "./csv.js";
import { DataFrame, type Series } from "./danfojs/index.js";
import { described } from "./describe.js";
import { GroupBy, type Grouped } from "./group-by.js";
import { attachStorage, defineLazyData, type Labels, LazyStorage, storageOf } from "./lazy-storage.js";
import { type MergeOptions, merged, type Side } from "./merge.js";
import { OptionError } from "./option-error.js";
import { type PivotOptions, pivoted } from "./pivot.js";
import { sampledRows } from "./sample-rows.js";
import "./series-conditions.js";
import { sortedRows } from "./sort.js";
import { countedValues } from "./value-counts.js";

/** A row as a predicate sees it: values by column name. */
// biome-ignore lint/suspicious/noExplicitAny: columns are known only at run time, and conditions compare their values
export type Row = Record<string, any>;

/**
 * A danfojs DataFrame over typed columns.
 *
 * What is overridden here works on the columns and is right where danfojs is not; everything else is danfojs's own
 * code, for which rows are built when it first asks.
 */
export class ColumnFrame extends DataFrame {
  constructor(columns: readonly NamedColumn[], labels?: Labels) {
    super([], {
      columns: columns.map(({ name }) => name),
      dtypes: columns.map(({ column }) => column.dtype),
    });
    attachStorage(
      this,
      new LazyStorage(
        columns.map(({ column }) => column),
        labels,
      ),
    );
  }

  /** A frame of these arrays, one a column, all of one length. */
  static of(arrays: Record<string, Values>): ColumnFrame {
    return new ColumnFrame(
      Object.entries(arrays).map(([name, values]) => ({ name, column: columnOf(values) })),
    );
  }

  override get shape(): number[] {
    const { length, width } = storageOf(this);
    return [length, length === 0 ? this.columns.length : width];
  }

  override head(rows = 5): this {
    return this.#range(0, rows);
  }

  override tail(rows = 5): this {
    return this.#range(this.shape[0] - rows, this.shape[0]);
  }

  /** The rows that fulfil a condition: a Series of booleans, booleans, or a function of a row. */
  override query(condition: Condition<Row>, options?: { inplace?: boolean }): this {
    const rows = selectedRows(condition, this.columns, this.columnList(), this.shape[0]);
    return this.#result(rows, options?.inplace);
  }

  /** Sorts by one or several columns; equal rows keep their order, missing values come last. */
  override sortValues(
    column: string | readonly string[],
    options: { ascending?: boolean | readonly boolean[]; inplace?: boolean } = {},
  ): this {
    const names = typeof column === "string" ? [column] : column;
    const { ascending = true } = options;
    const directions = typeof ascending === "boolean" ? names.map(() => ascending) : ascending;
    if (directions.length !== names.length) {
      throw new OptionError("sortValues", "ascending", ascending, `true, false, or ${names.length} of them`);
    }
    const columns = names.map((name) => this.columnNamed(name, "sortValues"));
    return this.#result(sortedRows(columns, directions, this.shape[0]), options.inplace);
  }

  override groupby(keys: string | string[]): GroupBy<ColumnFrame> {
    return new GroupBy(this.groupSource(), typeof keys === "string" ? [keys] : keys);
  }

  /** Adds a column, or replaces the one of that name. */
  override addColumn(
    name: string,
    values: ColumnValues,
    options: { inplace?: boolean; atIndex?: number | string } = {},
  ): this {
    const { inplace = false, atIndex = this.columns.length } = options;
    const columns = this.namedColumns();
    const existing = this.columns.indexOf(name);
    const at = typeof atIndex === "number" ? atIndex : this.columns.indexOf(atIndex);
    if (at < 0) throw new OptionError("addColumn", "atIndex", atIndex, this.columns);
    columns.splice(existing < 0 ? at : existing, existing < 0 ? 0 : 1, {
      name,
      column: newColumn(name, values, this.shape[0]),
    });
    const rows = Int32Array.from({ length: this.shape[0] }, (_, row) => row);
    const frame = this.derive(columns, storageOf(this).labelsOf(rows), rows) as this;
    if (!inplace) return frame;
    attachStorage(this, storageOf(frame));
    this.$setColumnNames(frame.columns);
    this.$setDtypes(frame.dtypes);
    defineColumns(this, [name]);
    return this;
  }

  override copy(): this {
    return this.#range(0, this.shape[0]);
  }

  /**
   * Draws rows at random, at most all of them: the same ones for the same seed.
   *
   * @param options.seed 1 without it, as in danfojs.
   */
  override async sample(count = 5, { seed = 1 }: { seed?: number } = {}): Promise<this> {
    if (!(count >= 0)) throw new OptionError("sample", "count", count, "a number of rows");
    return this.take(sampledRows(this.shape[0], count, seed));
  }

  /**
   * Joins the rows of two frames whose keys are equal: `df.merge(hosts, { on: ["pid", "tid"], how: "left" })`.
   *
   * Throws an OptionError for a column or an option that does not exist.
   */
  merge(right: DataFrame, options: MergeOptions = {}): ColumnFrame {
    const { columns, left } = merged("merge", sideOf(this), sideOf(right), options);
    return left.includes(-1) ? new ColumnFrame(columns) : this.derive(columns, undefined, left);
  }

  /** {@link merge}, which keeps all rows of this frame: `df.join(owners, { on: "module" })`. */
  join(right: DataFrame, options: MergeOptions = {}): ColumnFrame {
    return this.merge(right, { how: "left", ...options });
  }

  /**
   * How many rows have each value of some columns, of all columns without a name: these, `rows`, and `share` of all rows.
   */
  valueCounts(columns: string | readonly string[] = this.columns): ColumnFrame {
    const keys = (typeof columns === "string" ? [columns] : columns).map((name) => ({
      name,
      column: this.columnNamed(name, "valueCounts"),
    }));
    return new ColumnFrame(countedValues(keys, this.shape[0]));
  }

  /** Count, mean, deviation, extremes and median of the columns that have numbers; missing values are left out. */
  override describe(): ColumnFrame {
    const { columns, labels } = described(this.namedColumns(), this.shape[0]);
    return new ColumnFrame(columns, labels);
  }

  /** Values of one column as columns: `df.pivot({ index: "comm", columns: "kind", values: "samples" })`. */
  pivot(options: PivotOptions): ColumnFrame {
    return new ColumnFrame(pivoted((name) => this.columnNamed(name, "pivot"), this.shape[0], options));
  }

  /** The rows as objects: `for (const { comm, samples } of df) …`. */
  *[Symbol.iterator](): IterableIterator<Row> {
    const columns = this.columnList();
    for (let row = 0; row < this.shape[0]; row++)
      yield Object.fromEntries(this.columns.map((name, i) => [name, columns[i].at(row)]));
  }

  /** A column as a Series, whatever its name: `df["count"]` is danfojs's method, `df.column("count")` is the column. */
  override column(name: string): Series {
    this.columnNamed(name, "column");
    const position = this.columns.indexOf(name);
    const { column, values, index } = storageOf(this).view(position);
    return seriesOver(name, this.dtypes[position], column, values, index);
  }

  /** CSV by RFC 4180, or nothing when it is written to `filePath`. */
  override toCSV(options: CsvOptions & { filePath?: string } = {}): string {
    const csv = toCsv(this.columns, this.columnList(), this.shape[0], options);
    if (options.filePath === undefined) return csv;
    writeFileSync(options.filePath, csv);
    return "";
  }

  /** `{ column: values }`, or a list of rows with `{ format: "row" }`. Also what JSON.stringify sees. */
  override toJSON(options?: { format?: "column" | "row"; filePath?: string }): object {
    // JSON.stringify passes the name of the member instead of options.
    const { format = "column", filePath } = typeof options === "object" ? options : {};
    const columns = this.columnList();
    const entries = (at: (i: number) => unknown) =>
      Object.fromEntries(this.columns.map((name, i) => [name, at(i)]));
    const json =
      format === "column"
        ? entries((i) => columns[i].toArray())
        : Array.from({ length: this.shape[0] }, (_, row) => entries((i) => columns[i].at(row)));
    if (filePath !== undefined) writeFileSync(filePath, JSON.stringify(json));
    return json;
  }

  /** These rows, by position, in this order. */
  take(rows: Int32Array): this {
    const columns = this.namedColumns().map(({ name, column }) => ({ name, column: column.take(rows) }));
    return this.derive(columns, storageOf(this).labelsOf(rows), rows) as this;
  }

  /** Builds the frame of `rows`. A subclass that ties more to its rows overrides it. */
  protected derive(columns: NamedColumn[], labels: Labels | undefined, _rows: Int32Array): ColumnFrame {
    return new ColumnFrame(columns, labels);
  }

  protected groupSource(): Grouped<ColumnFrame> {
    return {
      names: this.columns.slice(),
      columns: this.columnList(),
      length: this.shape[0],
      take: (rows) => this.take(rows),
      fromGroups: (columns) => new ColumnFrame(columns),
      fromColumns: (columns) => new ColumnFrame(columns),
    };
  }

  /** Throws an OptionError when there is no such column. */
  protected columnNamed(name: string, where: string): Column {
    const position = this.columns.indexOf(name);
    if (position < 0) throw new OptionError(where, "column", name, this.columns);
    return this.columnList()[position];
  }

  /** The columns with their names. */
  namedColumns(): NamedColumn[] {
    return this.columnList().map((column, i) => ({ name: this.columns[i], column }));
  }

  protected columnList(): readonly Column[] {
    const { columns } = storageOf(this);
    if (columns.length === this.columns.length) return columns;
    return this.dtypes.map((dtype) => new MixedColumn([], dtype as never)); // a method of danfojs left no row
  }

  #range(from: number, to: number): this {
    const start = Math.max(0, from);
    const length = Math.max(0, Math.min(to, this.shape[0]) - start);
    return this.take(Int32Array.from({ length }, (_, i) => start + i));
  }

  #result(rows: Int32Array, inplace: boolean | undefined): this {
    const frame = this.take(rows);
    if (!inplace) return frame;
    attachStorage(this, storageOf(frame));
    this.adopted(frame);
    return this;
  }

  /** Called when this frame has taken the rows of another, in place. */
  protected adopted(_frame: ColumnFrame): void {}
}

defineLazyData(ColumnFrame.prototype);
catchNewColumns(ColumnFrame.prototype);

// TypeScript counts these as private to danfojs; at run time they are the only way in.
Object.defineProperties(ColumnFrame.prototype, {
  $setInternalColumnDataProperty: {
    value(this: ColumnFrame, only?: string) {
      defineColumns(this, only === undefined ? this.columns : [only]);
    },
  },
  $getColumnData: {
    value(this: ColumnFrame, name: string, asSeries = true) {
      const series = this.column(name);
      return asSeries ? series : series.values;
    },
  },
  $setColumnData: {
    value(this: ColumnFrame, name: string, values: ColumnValues) {
      setColumn(this, name, values);
    },
  },
});

/** The columns of a frame, of danfojs's own also. */
function sideOf(frame: DataFrame): Side {
  const columns =
    frame instanceof ColumnFrame
      ? frame.namedColumns()
      : frame.columns.map((name) => ({ name, column: columnOf(frame.column(name).values as unknown[]) }));
  return { columns, length: frame.shape[0] };
}
