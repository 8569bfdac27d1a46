import type { Column } from "./columns/column.js";
import { columnOf } from "./columns/column-of.js";

/** What a row is called: its number, or what danfojs's `setIndex` named it. */
export type Label = string | number;

/** What rows are called; numbers, as most are, in an array of their own. */
export type Labels = Label[] | Int32Array;

/**
 * The data of one frame: columns, and danfojs's row arrays once one of its methods has asked for them.
 *
 * A method of danfojs that works in place assigns new rows; from then on they are the truth, and columns are made
 * from them when they are next needed.
 */
export class LazyStorage {
  private held: Column[] | undefined;
  private rowArrays: unknown[][] | undefined;
  private columnArrays: unknown[][] = [];
  private labels: Labels | undefined;
  /** The labels as danfojs has them, once one of its methods has asked for them. */
  private indexList: Label[] | undefined;
  private assigned = false;

  constructor(columns: readonly Column[], labels?: Labels) {
    this.held = columns.slice();
    this.labels = labels;
  }

  /** True of what stands for the data of a frame that danfojs is still constructing. */
  get constructing(): boolean {
    return this === EMPTY;
  }

  get length(): number {
    return this.rowArrays?.length ?? this.held?.[0]?.length ?? 0;
  }

  /** Number of columns; 0 when a method of danfojs has left no row to tell it by. */
  get width(): number {
    return this.held?.length ?? this.rowArrays?.[0]?.length ?? 0;
  }

  get columns(): readonly Column[] {
    const { rowArrays = [], width } = this;
    this.held ??= Array.from({ length: width }, (_, i) => columnOf(rowArrays.map((row) => row[i])));
    return this.held;
  }

  /** Replaces or appends one column of the same length. */
  setColumn(position: number, column: Column): void {
    const columns = this.columns.slice();
    columns[position] = column;
    this.held = columns;
    this.rowArrays = undefined;
    this.columnArrays = [];
  }

  get rows(): unknown[][] {
    if (!this.rowArrays) {
      const arrays = this.arrays;
      const rows = new Array<unknown[]>(this.length);
      for (let row = 0; row < rows.length; row++) rows[row] = arrays.map((values) => values[row]);
      this.rowArrays = rows;
    }
    return this.rowArrays;
  }

  set rows(rows: unknown[][]) {
    this.rowArrays = rows;
    this.held = undefined;
    this.columnArrays = [];
    this.assigned = true;
  }

  /** True once a method of danfojs has replaced the rows: which row is which is not known any more. */
  get rowsAssigned(): boolean {
    return this.assigned;
  }

  get arrays(): unknown[][] {
    return this.columns.map((_, i) => this.array(i));
  }

  /** One column as danfojs has it, made once: a Series shares it. */
  array(position: number): unknown[] {
    this.columnArrays[position] ??= this.columns[position].toArray();
    return this.columnArrays[position];
  }

  /** One column, and its values and labels as danfojs has them, which are as they are now whenever they are asked for. */
  view(position: number): { column: Column; values: () => unknown[]; index: () => Label[] } {
    const { labels, length } = this;
    const column = this.columns[position];
    return {
      column,
      values: () => (this.held?.[position] === column ? this.array(position) : column.toArray()),
      index: () =>
        this.labels === labels && this.length === length ? this.index : listOfLabels(labels, length),
    };
  }

  get index(): Label[] {
    const { labels, length } = this;
    if (this.indexList?.length === length) return this.indexList;
    this.indexList = listOfLabels(labels, length);
    return this.indexList;
  }

  set index(labels: Label[]) {
    this.labels = labels;
    this.indexList = labels;
  }

  /** The labels of these rows: their numbers, until something has named them. */
  labelsOf(rows: Int32Array): Labels {
    const { labels } = this;
    if (!labels) return rows;
    if (Array.isArray(labels)) return Array.from(rows, (row) => labels[row]);
    const taken = new Int32Array(rows.length);
    for (let i = 0; i < rows.length; i++) taken[i] = labels[rows[i]];
    return taken;
  }
}

/** A label for each row: its number where there are not as many labels. */
function listOfLabels(labels: Labels | undefined, length: number): Label[] {
  const known = labels?.length === length ? labels : undefined;
  const list = new Array<Label>(length);
  for (let row = 0; row < length; row++) list[row] = known ? known[row] : row;
  return list;
}

/** The storage of each frame. Not a private field, because danfojs's constructor runs before ours has any. */
const storages = new WeakMap<object, LazyStorage>();
const EMPTY = new LazyStorage([]);

/** The data of a frame; of one that danfojs is still constructing, nothing. */
export function storageOf(frame: object): LazyStorage {
  return storages.get(frame) ?? EMPTY;
}

export function attachStorage(frame: object, storage: LazyStorage): void {
  storages.set(frame, storage);
}

/**
 * Makes a subclass of danfojs's DataFrame read and write its data through {@link LazyStorage}.
 *
 * danfojs assigns `$data`, `$dataIncolumnFormat` and `$index` in its constructor and reads them everywhere, so
 * accessors on the prototype are enough. Until a storage is attached there is no data.
 */
export function defineLazyData(prototype: object): void {
  const lazy = <T>(get: (storage: LazyStorage) => T, set: (storage: LazyStorage, value: never) => void) => ({
    configurable: true,
    get(this: object): T | never[] {
      const storage = storages.get(this);
      return storage ? get(storage) : [];
    },
    set(this: object, value: never): void {
      const storage = storages.get(this);
      if (storage) set(storage, value);
    },
  });
  Object.defineProperties(prototype, {
    $data: lazy(
      (storage) => storage.rows,
      (storage, rows) => {
        storage.rows = rows;
      },
    ),
    // Assigned only together with $data, from which it follows.
    $dataIncolumnFormat: lazy(
      (storage) => storage.arrays,
      () => {},
    ),
    $index: lazy(
      (storage) => storage.index,
      (storage, labels) => {
        storage.index = labels;
      },
    ),
  });
}
