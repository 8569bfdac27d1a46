import {
  type Column,
  columnFromArray,
  type DataType,
  dictionary,
  int32,
  int64,
  list,
  tableFromColumns,
  tableToIPC,
  utf8,
} from "@uwdata/flechette";
import { differencesNs } from "./narrow.js";
import { batch, narrowNumbers, numbers } from "./number-columns.js";
import type { TABLES, TableName } from "./protocol.js";

/** The tables of a result as columns. Stack `i` has the frames from `offsets[i]` up to `offsets[i + 1]`, root first. */
export interface ResultColumns {
  readonly samples: {
    /** Of whole nanoseconds. */
    readonly atMs: Float64Array;
    readonly cpu: Int32Array;
    readonly thread: Int32Array;
    readonly stack: Int32Array;
    readonly weight: Float64Array;
  };
  readonly stacks: {
    readonly id: BigInt64Array;
    readonly offsets: Int32Array;
    readonly frames: Int32Array;
    readonly end: readonly string[];
  };
  readonly frames: {
    readonly id: BigInt64Array;
    readonly name: readonly string[];
    readonly module: readonly string[];
    readonly kind: readonly string[];
    readonly file: readonly (string | null)[];
    readonly line: readonly (number | null)[];
    readonly column: readonly (number | null)[];
  };
  readonly threads: {
    readonly pid: Int32Array;
    readonly tid: Int32Array;
    readonly process: readonly string[];
    readonly comm: readonly string[];
  };
}

/** Each table as an Arrow IPC stream, with the columns of {@link TABLES}. */
export function encodeResultTables(columns: ResultColumns): Record<TableName, Uint8Array> {
  const { samples, stacks, frames, threads } = columns;
  return {
    samples: encode<"samples">({
      after_ns: narrowNumbers(differencesNs(samples.atMs)),
      cpu: narrowNumbers(samples.cpu),
      thread: narrowNumbers(samples.thread),
      stack: narrowNumbers(samples.stack),
      weight: narrowNumbers(samples.weight),
    }),
    stacks: encode<"stacks">({
      stack_id: numbers(stacks.id, int64()),
      frames: lists(stacks.offsets, stacks.frames),
      end: values(stacks.end, dictionary(utf8())),
    }),
    frames: encode<"frames">({
      frame_id: numbers(frames.id, int64()),
      name: values(frames.name, utf8()),
      module: values(frames.module, dictionary(utf8())),
      kind: values(frames.kind, dictionary(utf8())),
      file: values(frames.file, utf8()),
      line: values(frames.line, int32()),
      column: values(frames.column, int32()),
    }),
    threads: encode<"threads">({
      pid: numbers(threads.pid, int32()),
      tid: numbers(threads.tid, int32()),
      process: values(threads.process, utf8()),
      comm: values(threads.comm, utf8()),
    }),
  };
}

function encode<Name extends TableName>(
  columns: Record<keyof (typeof TABLES)[Name], Column<unknown>>,
): Uint8Array {
  // Only a sink that keeps nothing returns null, and none is given.
  return tableToIPC(tableFromColumns(columns), { format: "stream" }) as Uint8Array;
}

function values(array: readonly (string | number | null)[], type: DataType): Column<unknown> {
  if (array.length > 0) return columnFromArray(array as (string | number | null)[], type);
  if ("dictionary" in type) {
    const none = batch(type.dictionary, { length: 0, offsets: new Int32Array(1), values: new Uint8Array(0) });
    const column = batch(type, { length: 0, values: new Int32Array(0) });
    (column.data[0] as unknown as { setDictionary(dictionary: Column<unknown>): void }).setDictionary(none);
    return column;
  }
  const text = "offsets" in type;
  return batch(type, {
    length: 0,
    ...(text ? { offsets: new Int32Array(1), values: new Uint8Array(0) } : { values: new Int32Array(0) }),
  });
}

function lists(offsets: Int32Array, items: Int32Array): Column<unknown> {
  const child = numbers(items, int32()).data[0];
  return batch(list(int32()), { length: offsets.length - 1, offsets, children: [child] });
}
