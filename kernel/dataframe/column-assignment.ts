import type { Column } from "./columns/column.js";
import { columnOf, isValues } from "./columns/column-of.js";
import { DataFrame, Series } from "./danfojs/index.js";
import { storageOf } from "./lazy-storage.js";

/** What a column may be set to. */
export type ColumnValues = Series | ArrayLike<unknown>;

/** A column of what a user gave. Throws a TypeError for what is no list, a RangeError for one of another length. */
export function newColumn(name: string, values: ColumnValues, length: number): Column {
  const list: unknown = values instanceof Series ? values.values : values;
  if (!isValues(list)) throw new TypeError(`column "${name}" must be set to a Series or an array`);
  if (list.length !== length)
    throw new RangeError(`column "${name}" needs ${length} values, got ${list.length}`);
  return columnOf(list);
}

/** Replaces a column in place. */
export function setColumn(frame: DataFrame, name: string, values: ColumnValues): void {
  const position = frame.columns.indexOf(name);
  const column = newColumn(name, values, frame.shape[0]);
  storageOf(frame).setColumn(position, column);
  frame.dtypes[position] = column.dtype;
}

/** Defines `df["name"]`, but not for a name that is a member of the frame: danfojs lets a column `count` hide `count()`. */
export function defineColumns(frame: DataFrame, names: readonly string[]): void {
  for (const name of names) {
    if (name in frame) continue;
    Object.defineProperty(frame, name, {
      configurable: true,
      get: () => frame.column(name),
      set: (values: ColumnValues) => setColumn(frame, name, values),
    });
  }
}

/**
 * Lets `df["name"] = values` add a column, which danfojs ignores in silence.
 *
 * An assignment to a member that no object of the chain has ends at this one, between a frame's class and danfojs's.
 */
export function catchNewColumns(prototype: object): void {
  const handler: ProxyHandler<object> = {
    set(target, name, value, frame) {
      const isList = value instanceof Series || isValues(value);
      if (typeof name === "symbol" || !isList || name in frame || storageOf(frame).constructing)
        return Reflect.set(target, name, value, frame);
      frame.addColumn(name, value, { inplace: true });
      return true;
    },
  };
  Object.setPrototypeOf(prototype, new Proxy(Object.create(DataFrame.prototype), handler));
}
