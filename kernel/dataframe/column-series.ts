import { Series } from "./danfojs/index.js";
import type { Label } from "./lazy-storage.js";

/** The members of a Series that hold its data. */
interface SeriesData {
  $data: unknown[];
  $dataIncolumnFormat: unknown[];
  $index: Label[];
}

/** A Series that shares these values. danfojs's constructor copies them, turns lists into text, and throws on bigints. */
export function seriesOf(name: string, dtype: string, values: unknown[], index: Label[]): Series {
  const series = new Series([], { columns: [name], dtypes: [dtype] });
  const data = series as unknown as SeriesData;
  data.$data = values;
  data.$dataIncolumnFormat = values;
  data.$index = index;
  return series;
}
