import { createRequire } from "node:module";
import { inspect } from "node:util";
import { jupyterDisplay, type MimeBundle } from "../../display/mime.js";
import { frameBundle, frameText } from "../frame-display.js";
import { seriesBundle, seriesText } from "../series-display.js";
import type * as types from "./types.js";

/**
 * danfojs-node 1.2.0 from the bundle beside this file, with values that show themselves.
 *
 * Its own display throws on control characters and cuts every cell after 16 characters.
 */
export const dfd: types.Danfojs = createRequire(import.meta.url)("./danfojs.cjs");

export const DataFrame = dfd.DataFrame;
export type DataFrame = types.DataFrame;
export const Series = dfd.Series;
export type Series = types.Series;

/** What `groupby` returns. danfojs does not export the class. */
export type DanfoGroupby = ReturnType<DataFrame["groupby"]>;
export const DanfoGroupby: new (
  keys: string[],
  data: null,
  names: string[],
  dtypes: string[],
  positions: number[],
) => DanfoGroupby = Object.getPrototypeOf(
  new DataFrame([[0]], { columns: ["key"] }).groupby(["key"]),
).constructor;

function showBy<T>(prototype: T, bundle: (value: T) => MimeBundle, text: (value: T) => string): void {
  for (const [name, value] of [
    [jupyterDisplay, bundle],
    [inspect.custom, text],
    ["toString", text],
  ] as const) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: T) {
        return value(this);
      },
    });
  }
}

showBy(DataFrame.prototype, frameBundle, frameText);
showBy(Series.prototype, seriesBundle, seriesText);
