import type { ProfileData } from "../dataframe/profile-data.js";
import { idColumn, idListColumn, numberColumn, type ScanTable, valueColumn } from "../duckdb/scan.js";
import { RecordingError } from "./recording-error.js";

/** The tables of a recording, each a Parquet file of that name. */
export const RECORDING_TABLES = ["samples", "stacks", "frames", "threads"] as const;
export type RecordingTable = (typeof RECORDING_TABLES)[number];

/**
 * The profile as the tables of a recording.
 *
 * `samples`: one row a sample, in the order of time: `at_ns` since the window's start (NULL where it is not known), `cpu`,
 * `thread` (→ threads), `stack_id` (→ stacks), `weight` in the event's unit, and `samples` where a row stands for several.
 * `stacks`: `stack_id`, `frames` (→ frames, root first), `end`. `frames`: `frame_id`, `name`, `module`, `kind`, `file`,
 * `line`, `column`. `threads`: `thread`, `pid`, `tid`, `process`, `comm`.
 *
 * Rows with one id are one row; what they differ in is not what the id is made from. Throws a RecordingError where it is.
 */
export function recordingTables(data: ProfileData, folder: string): Map<RecordingTable, ScanTable> {
  const { samples, stacks, frames, threads } = data;
  const frameRows = distinct(frames.id, (a, b) => {
    if (frames.name[a] !== frames.name[b] || frames.module[a] !== frames.module[b])
      throw new RecordingError(folder, clash("frame", frames.id[a], frames.name[a], frames.name[b]));
  });
  const idsOf = (stack: number) =>
    Array.from(
      stacks.frames.subarray(stacks.offsets[stack], stacks.offsets[stack + 1]),
      (frame) => frames.id[frame],
    );
  const stackRows = distinct(stacks.id, (a, b) => {
    const [one, other] = [a, b].map((stack) => `${stacks.end[stack]}: ${idsOf(stack)}`);
    if (one !== other) throw new RecordingError(folder, clash("stack", stacks.id[a], one, other));
  });
  const at = samples.atMs;
  const isUnknown = hasGaps(at) ? (row: number) => Number.isNaN(at[row]) : undefined;
  const { stack } = samples;
  return new Map<RecordingTable, ScanTable>([
    [
      "samples",
      {
        rows: at.length,
        columns: [
          numberColumn("at_ns", nanoseconds(at), isUnknown),
          numberColumn("cpu", samples.cpu),
          numberColumn("thread", samples.thread),
          idColumn("stack_id", stacks.id, (row) => stack[row]),
          numberColumn("weight", samples.weight),
          ...(samples.count ? [numberColumn("samples", samples.count)] : []),
        ],
      },
    ],
    [
      "stacks",
      {
        rows: stackRows.length,
        columns: [
          idColumn("stack_id", stacks.id, (row) => stackRows[row]),
          idListColumn(
            "frames",
            { ids: frames.id, items: stacks.frames, offsets: stacks.offsets },
            (row) => stackRows[row],
          ),
          valueColumn("end", "VARCHAR", (row) => stacks.end[stackRows[row]]),
        ],
      },
    ],
    [
      "frames",
      {
        rows: frameRows.length,
        columns: [
          idColumn("frame_id", frames.id, (row) => frameRows[row]),
          ...(["name", "module", "kind", "file"] as const).map((name) =>
            valueColumn(name, "VARCHAR", (row) => frames[name][frameRows[row]]),
          ),
          ...(["line", "column"] as const).map((name) =>
            valueColumn(name, "INTEGER", (row) => frames[name][frameRows[row]]),
          ),
        ],
      },
    ],
    [
      "threads",
      {
        rows: threads.pid.length,
        columns: [
          numberColumn("thread", Int32Array.from(threads.pid.keys())),
          numberColumn("pid", threads.pid),
          numberColumn("tid", threads.tid),
          ...(["process", "comm"] as const).map((name) =>
            valueColumn(name, "VARCHAR", (row) => threads[name][row]),
          ),
        ],
      },
    ],
  ]);
}

function clash(what: string, id: bigint, one: string, other: string): string {
  return `the ${what} id ${id} stands for two: ${JSON.stringify(one)} and ${JSON.stringify(other)}`;
}

/** The first row of each id. @param same Called with a later one, to see that it is the same. */
function distinct(ids: BigInt64Array, same: (first: number, later: number) => void): Int32Array {
  const known = new Map<bigint, number>();
  for (let row = 0; row < ids.length; row++) {
    const first = known.get(ids[row]);
    if (first === undefined) known.set(ids[row], row);
    else same(first, row);
  }
  return Int32Array.from(known.values());
}

function hasGaps(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) return true;
  return false;
}

/** Whole nanoseconds, which lie next to each other and are stored as differences. NaN becomes 0. */
function nanoseconds(atMs: Float64Array): BigInt64Array {
  const ns = new BigInt64Array(atMs.length);
  const words = new Uint32Array(ns.buffer);
  for (let i = 0; i < atMs.length; i++) {
    const whole = Math.round((atMs[i] || 0) * 1e6);
    words[2 * i] = whole; // the rest modulo 2³²
    words[2 * i + 1] = Math.floor(whole / 2 ** 32);
  }
  return ns;
}
