import { type Codes, type Column, codesByValue, type Dtype } from "./column.js";

/** Distinct codes that a table of all of them is made for, instead of a Map: 4 MiB. */
const MAX_TABLE = 2 ** 20;

/** Numbers in a typed array; NaN is missing. */
export class NumberColumn implements Column {
  readonly dtype: Dtype;

  constructor(readonly values: Int32Array | Float64Array) {
    this.dtype = values instanceof Int32Array ? "int32" : "float32";
  }

  get length(): number {
    return this.values.length;
  }

  at(row: number): number {
    return this.values[row];
  }

  take(rows: Int32Array): NumberColumn {
    const { values } = this;
    const taken =
      values instanceof Int32Array
        ? valuesAt(values, rows, new Int32Array(rows.length))
        : valuesAt(values, rows, new Float64Array(rows.length));
    return new NumberColumn(taken ?? valuesOrGaps(values, rows));
  }

  toArray(): number[] {
    const { values } = this;
    const array = new Array<number>(values.length);
    for (let row = 0; row < values.length; row++) array[row] = values[row];
    return array;
  }

  codes(): Codes {
    const { values } = this;
    return (
      (values instanceof Int32Array ? codesByRange(values) : undefined) ??
      codesByValue(values.length, (row) => values[row])
    );
  }

  ranks(): Float64Array | Int32Array {
    return this.values;
  }
}

/** The values at these rows; undefined where one is missing, for which integers have no value. */
function valuesAt<Numbers extends Int32Array | Float64Array>(
  values: Numbers,
  rows: Int32Array,
  taken: Numbers,
): Numbers | undefined {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (row < 0) return undefined;
    taken[i] = values[row];
  }
  return taken;
}

function valuesOrGaps(values: Int32Array | Float64Array, rows: Int32Array): Float64Array {
  const taken = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) taken[i] = rows[i] < 0 ? Number.NaN : values[rows[i]];
  return taken;
}

/** Integers that lie close together are their own codes. */
function codesByRange(values: Int32Array): Codes | undefined {
  let least = 0;
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < least) least = value;
    else if (value > most) most = value;
  }
  const size = most - least + 1;
  if (size > MAX_TABLE) return undefined;
  if (least === 0) return { codes: values, size };
  const codes = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) codes[i] = values[i] - least;
  return { codes, size };
}
