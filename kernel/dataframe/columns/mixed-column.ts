import { type Codes, type Column, codesByValue, type Dtype, isMissing } from "./column.js";

/** Values of any type: booleans, numbers with gaps, what danfojs or a user put there. */
export class MixedColumn implements Column {
  constructor(
    readonly values: readonly unknown[],
    readonly dtype: Dtype,
  ) {}

  get length(): number {
    return this.values.length;
  }

  at(row: number): unknown {
    return this.values[row];
  }

  take(rows: Int32Array): MixedColumn {
    return new MixedColumn(
      Array.from(rows, (row) => (row < 0 ? null : this.values[row])),
      this.dtype,
    );
  }

  toArray(): unknown[] {
    return this.values.slice();
  }

  codes(): Codes {
    return codesByValue(this.length, (row) => this.values[row]);
  }

  ranks(): Float64Array {
    const order = [...new Set(this.values.filter((value) => !isMissing(value)))].sort(compare);
    const ranks = new Map(order.map((value, rank) => [value, rank]));
    return Float64Array.from(this.values, (value) => ranks.get(value) ?? Number.NaN);
  }
}

/** Numbers (and dates and booleans, as numbers) before text. */
function compare(a: unknown, b: unknown): number {
  const textual = Number(typeof a === "string") - Number(typeof b === "string");
  if (textual !== 0) return textual;
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}
