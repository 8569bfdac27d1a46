import type { DuckDBConnection, DuckDBType, DuckDBVector } from "@duckdb/node-api";
import type { Vector } from "@duckdb/node-bindings";
import { type Bindings, duckdb, duckdbBindings } from "./library.js";

/** A column that DuckDB reads in pieces, where a query needs it. */
export interface ScanColumn {
  readonly name: string;
  /** The type, once the library is loaded. */
  readonly type: (api: typeof import("@duckdb/node-api")) => DuckDBType;
  /** Writes rows `from` … `to - 1` to a vector that has as many. */
  readonly write?: (vector: DuckDBVector, from: number, to: number) => void;
  /** The same to the vector as it is beneath. */
  readonly writeRaw?: (vector: Vector, from: number, to: number, bindings: Bindings) => void;
}

/** A table of typed arrays. */
export interface ScanTable {
  /** Number of rows, asked when the first is read. */
  readonly rows: number;
  readonly columns: readonly ScanColumn[];
}

interface Scan {
  row: number;
  readonly rows: number;
  readonly columns: readonly (ScanColumn | undefined)[];
}

/** Rows of one piece: the size of DuckDB's vectors. */
const PIECE = 2048;

/** What queries call the tables that they are to read. */
const scanned = new Map<string, ScanTable>();
let scopes = 0;

/** Tables that queries read while `read` runs, by what stands behind FROM. Nothing is copied before a query asks for it. */
export async function withTables<T>(
  tables: ReadonlyMap<string, ScanTable>,
  read: (source: (name: string) => string) => Promise<T>,
): Promise<T> {
  const scope = `${++scopes}/`;
  for (const [name, table] of tables) scanned.set(scope + name, table);
  try {
    return await read((name) => `scan('${scope}${name}')`);
  } finally {
    for (const name of tables.keys()) scanned.delete(scope + name);
  }
}

/** Defines the function that reads these tables; of one name there can be one in a database. */
export async function registerScan(connection: DuckDBConnection): Promise<void> {
  const api = await duckdb();
  const bindings = await duckdbBindings();
  const scan = api.DuckDBTableFunction.create({
    name: "scan",
    parameterTypes: [api.VARCHAR],
    supportsProjectionPushdown: true,
    bindFunction(bind) {
      const table = scanned.get(String(bind.getParameter(0)));
      if (!table) return bind.setError("scan() is of this package's own queries");
      for (const { name, type } of table.columns) bind.addResultColumn(name, type(api));
      bind.setBindData(table);
    },
    initFunction(init) {
      const { rows, columns } = init.bindData as ScanTable;
      // Without a column, as count(*) asks, DuckDB names one that is none.
      const wanted = init.getColumnIndexes().map((column): ScanColumn | undefined => columns[column]);
      init.setInitData({ row: 0, rows, columns: wanted } satisfies Scan);
      init.setMaxThreads(1);
    },
    mainFunction(info, chunk) {
      const scan = info.initData as Scan;
      const to = Math.min(scan.row + PIECE, scan.rows);
      chunk.rowCount = to - scan.row;
      if (to === scan.row) return;
      for (const [i, column] of scan.columns.entries()) {
        if (!column) continue;
        const vector = bindings.data_chunk_get_vector(chunk.chunk, i);
        if (column.writeRaw) column.writeRaw(vector, scan.row, to, bindings);
        else column.write?.(api.DuckDBVector.create(vector, to - scan.row, column.type(api)), scan.row, to);
      }
      scan.row = to;
    },
  });
  connection.registerTableFunction(scan);
}

type Numbers = Int32Array | Float64Array | BigInt64Array;

/** Numbers as they are; where `isMissing`, NULL. */
export function numberColumn(
  name: string,
  values: Numbers,
  isMissing?: (row: number) => boolean,
): ScanColumn {
  return {
    name,
    type: (api) =>
      values instanceof Int32Array ? api.INTEGER : values instanceof Float64Array ? api.DOUBLE : api.BIGINT,
    write(vector, from, to) {
      const target = vector as unknown as Target<Numbers>;
      target.items.set(values.subarray(from, to) as never);
      if (isMissing)
        for (let row = from; row < to; row++)
          if (isMissing(row)) target.validity.setItemValid(row - from, false);
      vector.flush();
    },
  };
}

/** Values that may be missing, one by one. */
export function valueColumn(
  name: string,
  type: "VARCHAR" | "INTEGER" | "DOUBLE" | "BOOLEAN",
  at: (row: number) => string | number | boolean | null,
): ScanColumn {
  return {
    name,
    type: (api) => api[type],
    write(vector, from, to) {
      for (let row = from; row < to; row++) vector.setItem(row - from, at(row) as never);
      vector.flush();
    },
  };
}

/** 64-bit ids: each that of a row of `ids`. */
export function idColumn(name: string, ids: BigInt64Array, rowAt: (row: number) => number): ScanColumn {
  // As two words each: a 64-bit number that is read is an object.
  const words = new Int32Array(ids.buffer, ids.byteOffset, 2 * ids.length);
  return {
    name,
    type: (api) => api.BIGINT,
    write(vector, from, to) {
      const { items } = vector as unknown as Target<BigInt64Array>;
      const target = new Int32Array(items.buffer, items.byteOffset, 2 * items.length);
      for (let row = from, at = 0; row < to; row++, at += 2) {
        const id = 2 * rowAt(row);
        target[at] = words[id];
        target[at + 1] = words[id + 1];
      }
      vector.flush();
    },
  };
}

/** Texts as codes into a dictionary, which alone is copied; a negative code is missing. A text may have several codes. */
export function enumColumn(
  name: string,
  texts: readonly (string | null)[],
  codeAt: (row: number) => number,
): ScanColumn {
  // In the order of the texts, which is that of an ENUM: they sort and compare as texts do.
  const distinct = [...new Set(texts)].filter((text) => text !== null).sort();
  const known = new Map(distinct.map((text, code) => [text, code]));
  const codes = Int32Array.from(texts, (text) => (text === null ? -1 : known.get(text)!));
  let type: DuckDBType | undefined;
  return {
    name,
    type(api) {
      type ??= distinct.length === 0 ? api.VARCHAR : api.ENUM(distinct);
      return type;
    },
    write(vector, from, to) {
      const { items, validity } = vector as unknown as Target<Uint32Array>;
      for (let row = from; row < to; row++) {
        const code = codes[codeAt(row)] ?? -1;
        if (code < 0) validity.setItemValid(row - from, false);
        else items[row - from] = code;
      }
      vector.flush();
    },
  };
}

/** Lists of 64-bit ids: list `i` has those of `ids` at the rows `items[offsets[i]]` … `items[offsets[i + 1] - 1]`. */
export function idListColumn(
  name: string,
  { ids, items, offsets }: { ids: BigInt64Array; items: Int32Array; offsets: Int32Array },
  listAt: (row: number) => number,
): ScanColumn {
  return {
    name,
    type: (api) => api.LIST(api.BIGINT),
    writeRaw(vector, from, to, bindings) {
      const { list_vector_reserve, list_vector_set_size, list_vector_get_child, copy_data_to_vector } =
        bindings;
      // A list of objects a row, as the library's own vectors want them, takes ten times as long.
      const entries = new BigUint64Array(2 * (to - from));
      let count = 0;
      for (let row = from; row < to; row++) {
        const list = listAt(row);
        entries[2 * (row - from)] = BigInt(count);
        entries[2 * (row - from) + 1] = BigInt(offsets[list + 1] - offsets[list]);
        count += offsets[list + 1] - offsets[list];
      }
      const all = new BigInt64Array(count);
      let at = 0;
      for (let row = from; row < to; row++) {
        const list = listAt(row);
        for (let i = offsets[list]; i < offsets[list + 1]; i++) all[at++] = ids[items[i]];
      }
      list_vector_reserve(vector, count);
      list_vector_set_size(vector, count);
      copy_data_to_vector(list_vector_get_child(vector), 0, all.buffer, 0, all.byteLength);
      copy_data_to_vector(vector, 0, entries.buffer, 0, entries.byteLength);
    },
  };
}

/** What all vectors of numbers have. */
interface Target<Items> {
  readonly items: Items;
  readonly validity: { setItemValid(row: number, isValid: boolean): void };
}
