import type { DuckDBType, DuckDBVector } from "@duckdb/node-api";
import { type Connection, duckdb } from "./database.js";

/** A column that DuckDB reads in pieces, where a query needs it. */
export interface ScanColumn {
  readonly name: string;
  /** The type, once the library is loaded. */
  readonly type: (api: typeof import("@duckdb/node-api")) => DuckDBType;
  /** Writes rows `from` … `to - 1` to a vector that has as many. */
  readonly write: (vector: DuckDBVector, from: number, to: number) => void;
}

/** A table of typed arrays. */
export interface ScanTable {
  readonly rows: number;
  readonly columns: readonly ScanColumn[];
}

interface Scan {
  row: number;
  readonly columns: readonly ScanColumn[];
}

/** Rows of one piece: the size of DuckDB's vectors. */
const PIECE = 2048;

/** Lets queries of this database name these tables: `scan('samples')`. Nothing is copied before a query asks for it. */
export async function registerScan(
  connection: Connection,
  tables: ReadonlyMap<string, ScanTable>,
): Promise<void> {
  const api = await duckdb();
  const scan = api.DuckDBTableFunction.create({
    name: "scan",
    parameterTypes: [api.VARCHAR],
    supportsProjectionPushdown: true,
    bindFunction(bind) {
      const table = tables.get(String(bind.getParameter(0)));
      if (!table) return bind.setError("scan() is of this package's own queries");
      for (const { name, type } of table.columns) bind.addResultColumn(name, type(api));
      bind.setCardinality(table.rows, true);
      bind.setBindData(table);
    },
    initFunction(init) {
      const { columns } = init.bindData as ScanTable;
      // Without a column, as count(*) asks, DuckDB names one that is none.
      init.setInitData({ row: 0, columns: init.getColumnIndexes().map((column) => columns[column]) });
      init.setMaxThreads(1);
    },
    mainFunction(info, chunk) {
      const { rows } = info.bindData as ScanTable;
      const scan = info.initData as Scan;
      const to = Math.min(scan.row + PIECE, rows);
      chunk.rowCount = to - scan.row;
      if (to === scan.row) return;
      for (const [i, column] of scan.columns.entries()) column?.write(chunk.getColumnVector(i), scan.row, to);
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

/** Texts and numbers that may be missing, one by one. */
export function valueColumn(
  name: string,
  type: "VARCHAR" | "INTEGER",
  at: (row: number) => string | number | null,
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

/** Lists of 64-bit numbers. */
export function listColumn(name: string, at: (row: number) => bigint[]): ScanColumn {
  let listOf: ((items: bigint[]) => unknown) | undefined;
  return {
    name,
    type(api) {
      listOf = (items) => api.listValue(items);
      return api.LIST(api.BIGINT);
    },
    write(vector, from, to) {
      for (let row = from; row < to; row++) vector.setItem(row - from, listOf!(at(row)) as never);
      vector.flush();
    },
  };
}

/** What all vectors of numbers have. */
interface Target<Items> {
  readonly items: Items;
  readonly validity: { setItemValid(row: number, isValid: boolean): void };
}
