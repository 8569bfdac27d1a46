import type { DuckDBListVector, DuckDBMaterializedResult, DuckDBVector } from "@duckdb/node-api";

type Arrays = {
  new (length: number): Int32Array | Float64Array | BigInt64Array;
};
type Array_<Type extends Arrays> = InstanceType<Type>;

/** The columns of a result, taken as arrays of the type that the query casts them to. */
export class ReadResult {
  private constructor(
    readonly rows: number,
    private readonly vectors: readonly (readonly DuckDBVector[])[],
  ) {}

  /** Number of columns. */
  get columns(): number {
    return this.vectors.length;
  }

  static of(result: DuckDBMaterializedResult): ReadResult {
    const chunks = Array.from({ length: result.chunkCount }, (_, i) => result.getChunk(i));
    const rows = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
    const vectors = Array.from({ length: result.columnCount }, (_, column) =>
      chunks.map((chunk) => chunk.getColumnVector(column)),
    );
    return new ReadResult(rows, vectors);
  }

  /** A column of numbers; where they are missing, `missing`. Throws a TypeError where the column is of another type. */
  numbers<Type extends Arrays>(column: number, type: Type, missing: Array_<Type>[number]): Array_<Type> {
    const all = new type(this.rows);
    let at = 0;
    for (const vector of this.vectors[column]) {
      const { items, validity } = vector as unknown as {
        items: Array_<Type>;
        validity: { data: unknown; itemValid(row: number): boolean };
      };
      if (!(items instanceof type)) throw new TypeError(`column ${column} is of another type`);
      all.set(items as never, at);
      if (validity.data)
        for (let row = 0; row < items.length; row++)
          if (!validity.itemValid(row)) (all as (number | bigint)[] & typeof all)[at + row] = missing;
      at += items.length;
    }
    return all as Array_<Type>;
  }

  /** A column of any values. */
  values<T>(column: number): T[] {
    return this.vectors[column].flatMap((vector) => vector.toArray()) as T[];
  }

  /** A column of lists of 64-bit numbers: all items, and where each list begins. */
  lists(column: number): { offsets: Int32Array; items: BigInt64Array } {
    const offsets = new Int32Array(this.rows + 1);
    const parts: BigInt64Array[] = [];
    let row = 0;
    for (const vector of this.vectors[column] as readonly DuckDBListVector[]) {
      const { items } = vector.childVector as unknown as { items: BigInt64Array };
      for (let i = 0; i < vector.itemCount; i++, row++) {
        const [from, length] = [vector.getEntryOffset(i), vector.getEntryLength(i)];
        parts.push(items.subarray(from, from + length));
        offsets[row + 1] = offsets[row] + length;
      }
    }
    const all = new BigInt64Array(offsets[row]);
    for (const [i, part] of parts.entries()) all.set(part, offsets[i]);
    return { offsets, items: all };
  }
}
