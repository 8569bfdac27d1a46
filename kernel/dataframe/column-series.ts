import type { Column } from "./columns/column.js";
import { Series } from "./danfojs/index.js";
import type { Flags } from "./flags.js";
import type { Label } from "./lazy-storage.js";

/** What a Series is made over. */
export type Held = Column | Flags;

/** Of each Series that danfojs has not seen the values of. */
const holding = new WeakMap<Series, Held>();

/** What a Series is made over, as long as nobody has got its values as a list, which can be changed. */
export function heldBy(series: Series): Held | undefined {
  return holding.get(series);
}

/**
 * A Series whose list of values is made when danfojs or a user asks for it. danfojs's constructor copies a list, turns lists in
 * it into text, and throws on bigints.
 */
export function seriesOver(
  name: string,
  dtype: string,
  held: Held,
  values: () => unknown[],
  index: () => Label[],
): Series {
  const series = new Series([], { columns: [name], dtypes: [dtype] });
  defineLazy(series, ["$data", "$dataIncolumnFormat"], () => {
    holding.delete(series);
    return values();
  });
  defineLazy(series, ["$index"], index);
  holding.set(series, held);
  return series;
}

/** Members that are one value, made when one of them is asked for. One that is set before is what it was set to. */
function defineLazy(series: Series, names: readonly string[], make: () => unknown): void {
  const define = (name: string, value: unknown) =>
    Object.defineProperty(series, name, { value, configurable: true, enumerable: true, writable: true });
  for (const name of names) {
    Object.defineProperty(series, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value = make();
        for (const each of names) define(each, value);
        return value;
      },
      set(value: unknown) {
        holding.delete(series);
        define(name, value);
      },
    });
  }
}
