import type { DuckDBListVector, DuckDBMaterializedResult, DuckDBVector } from "@duckdb/node-api";
import type { DataChunk } from "@duckdb/node-bindings";
import { type Bindings, duckdb, duckdbBindings } from "./library.js";

type Arrays = {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): Int32Array | Float64Array | BigInt64Array;
  new (
    buffer: ArrayBufferLike,
    byteOffset: number,
    length: number,
  ): Int32Array | Float64Array | BigInt64Array;
};
type Array_<Type extends Arrays> = InstanceType<Type>;

interface Chunk {
  readonly chunk: DataChunk;
  readonly rows: number;
}

/** What a result is read with. */
interface Reading {
  readonly result: DuckDBMaterializedResult;
  readonly api: Awaited<ReturnType<typeof duckdb>>;
  readonly bindings: Bindings;
}

/** The columns of a result, taken as arrays of the type that the query casts them to. */
export class ReadResult {
  readonly rows: number;

  private constructor(
    private readonly reading: Reading,
    private readonly chunks: readonly Chunk[],
  ) {
    this.rows = chunks.reduce((sum, { rows }) => sum + rows, 0);
  }

  static async of(result: DuckDBMaterializedResult): Promise<ReadResult> {
    const [api, bindings] = await Promise.all([duckdb(), duckdbBindings()]);
    const chunks = Array.from({ length: result.chunkCount }, (_, i) => {
      const { chunk, rowCount: rows } = result.getChunk(i);
      return { chunk, rows };
    });
    return new ReadResult({ result, api, bindings }, chunks);
  }

  /** Number of columns. */
  get columns(): number {
    return this.reading.result.columnCount;
  }

  /** A column of numbers; where they are missing, `missing`. Throws a TypeError where the column is of another type. */
  numbers<Type extends Arrays>(column: number, type: Type, missing: Array_<Type>[number]): Array_<Type> {
    const all = new type(this.rows);
    this.pieces(column, type, missing, (piece, at) => all.set(piece as never, at));
    return all as Array_<Type>;
  }

  /** The same as it lies in DuckDB: some numbers at a time, which are gone with this result, and where they begin. */
  pieces<Type extends Arrays>(
    column: number,
    type: Type,
    missing: Array_<Type>[number],
    see: (piece: Array_<Type>, at: number) => void,
  ): void {
    const { result, api, bindings } = this.reading;
    const { INTEGER, DOUBLE, BIGINT } = api.DuckDBTypeId;
    const wanted = { Int32Array: INTEGER, Float64Array: DOUBLE, BigInt64Array: BIGINT }[type.name];
    if (result.columnTypeId(column) !== wanted) throw new TypeError(`column ${column} is of another type`);
    let at = 0;
    // Not by the library's own vectors, which ask for the type of each piece anew.
    for (const { chunk, rows } of this.chunks) {
      const vector = bindings.data_chunk_get_vector(chunk, column);
      const bytes = bindings.vector_get_data(vector, rows * type.BYTES_PER_ELEMENT);
      const piece = new type(bytes.buffer, bytes.byteOffset, rows);
      const validity: Uint8Array | null = bindings.vector_get_validity(vector, 8 * Math.ceil(rows / 64));
      if (validity)
        for (let row = 0; row < rows; row++)
          if (((validity[row >> 3] >> (row & 7)) & 1) === 0)
            (piece as (number | bigint)[] & typeof piece)[row] = missing;
      see(piece as Array_<Type>, at);
      at += rows;
    }
  }

  /** A column of any values. */
  values<T>(column: number): T[] {
    return this.#vectors(column).flatMap((vector) => vector.toArray()) as T[];
  }

  /** A column of lists of 64-bit numbers: all items, and where each list begins. */
  lists(column: number): { offsets: Int32Array; items: BigInt64Array } {
    const offsets = new Int32Array(this.rows + 1);
    const parts: BigInt64Array[] = [];
    let row = 0;
    for (const vector of this.#vectors(column) as DuckDBListVector[]) {
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

  #vectors(column: number): DuckDBVector[] {
    const { result, api, bindings } = this.reading;
    const type = result.columnType(column);
    return this.chunks.map(({ chunk, rows }) =>
      api.DuckDBVector.create(bindings.data_chunk_get_vector(chunk, column), rows, type),
    );
  }
}
