import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { FrameKind, ProfileData } from "../dataframe/profile-data.js";
import { literal, ownConnection, withoutPatterns } from "../duckdb/database.js";
import { ReadResult } from "../duckdb/read-result.js";
import { RecordingError } from "./recording-error.js";
import { factsOfFile, fileOf, META_FILE } from "./recording-files.js";
import { parseRecordingMeta, type RecordingMeta } from "./recording-meta.js";
import { RECORDING_TABLES, type RecordingTable } from "./recording-tables.js";
import { RowOfId } from "./row-of-id.js";

/** The columns of each file, as they are read. */
const QUERIES: Record<RecordingTable, string> = {
  samples: "at_ns::BIGINT, cpu::INTEGER, thread::INTEGER, stack_id::BIGINT, weight::DOUBLE",
  stacks: `stack_id::BIGINT, frames::BIGINT[], "end"::VARCHAR`,
  frames: `frame_id::BIGINT, name::VARCHAR, module::VARCHAR, kind::VARCHAR, file::VARCHAR, line::INTEGER, "column"::INTEGER`,
  threads: "thread::INTEGER, pid::INTEGER, tid::INTEGER, process::VARCHAR, comm::VARCHAR",
};

/**
 * Reads the recording in a folder; what its files hold was checked against its `meta.json` before.
 *
 * Throws a RecordingError that names the file that is missing, damaged or of a newer version.
 */
export async function loadRecording(folder: string): Promise<ProfileData> {
  const { savedAt, host, profile, hasCounts } = checkedMeta(folder);
  // At the same time: what one decodes is taken while others are decoded.
  const read = await Promise.all(
    RECORDING_TABLES.map(async (table) => [table, await readTable(folder, table, hasCounts === true)]),
  );
  const data = dataOf(Object.fromEntries(read) as Record<RecordingTable, ReadResult>, folder);
  return { ...data, meta: { ...profile, recording: { folder, savedAt, host } } };
}

/** A recording whose files are queried where they are. */
export interface StoredRecording {
  readonly name: string;
  readonly meta: RecordingMeta;
  /** Absolute paths of its tables, as they are and as queries write them. */
  readonly files: readonly string[];
  /** A table as it stands behind FROM. */
  readonly source: (table: RecordingTable) => string;
  /** Whether a row of `samples` may stand for several. */
  readonly hasCounts: boolean;
}

/** The recording in a folder, its files checked. Throws a RecordingError as {@link loadRecording} does. */
export function storedRecording(folder: string): StoredRecording {
  const meta = checkedMeta(folder);
  const path = (table: RecordingTable) => resolve(folder, fileOf(table));
  return {
    name: folder,
    meta,
    files: RECORDING_TABLES.map(path).flatMap((file) => [file, withoutPatterns(file)]),
    source: (table) => `read_parquet(${literal(withoutPatterns(path(table)))})`,
    hasCounts: meta.hasCounts === true,
  };
}

function checkedMeta(folder: string): RecordingMeta {
  const meta = readRecordingMeta(folder);
  for (const table of RECORDING_TABLES) checkFile(folder, table, meta.files);
  return meta;
}

/** True where there is a recording, whole or not. */
export function isRecording(folder: string): boolean {
  return existsSync(join(folder, META_FILE));
}

/** What `meta.json` of a folder says. Throws a RecordingError where there is none. */
function readRecordingMeta(folder: string): RecordingMeta {
  const file = join(folder, META_FILE);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === "ENOENT" || code === "ENOTDIR";
    throw isMissing
      ? new RecordingError(folder, `is no recording: there is no ${META_FILE} in it`)
      : new RecordingError(file, `cannot be read: ${message}`);
  }
  return parseRecordingMeta(file, text);
}

function checkFile(folder: string, table: RecordingTable, files: RecordingMeta["files"]): void {
  const file = join(folder, fileOf(table));
  const expected = files[table];
  let found: typeof expected;
  try {
    found = factsOfFile(file, expected.rows);
  } catch (error) {
    throw new RecordingError(file, `cannot be read: ${(error as Error).message}`);
  }
  if (found.bytes !== expected.bytes)
    throw new RecordingError(file, `is damaged: ${found.bytes} bytes, ${META_FILE} says ${expected.bytes}`);
  if (found.sha256 !== expected.sha256)
    throw new RecordingError(file, `is damaged: it is not what ${META_FILE} has the SHA-256 of`);
}

async function readTable(folder: string, table: RecordingTable, hasCounts: boolean): Promise<ReadResult> {
  const file = join(folder, fileOf(table));
  const connection = await ownConnection();
  try {
    const source = `read_parquet(${literal(withoutPatterns(file))})`;
    const columns = QUERIES[table] + (hasCounts && table === "samples" ? ", samples::DOUBLE" : "");
    return await ReadResult.of(await connection.run(`SELECT ${columns} FROM ${source}`));
  } catch (error) {
    throw new RecordingError(file, `is damaged: ${(error as Error).message.split("\n")[0]}`);
  } finally {
    connection.closeSync();
  }
}

function dataOf(tables: Record<RecordingTable, ReadResult>, folder: string): Omit<ProfileData, "meta"> {
  const { samples, stacks, frames, threads } = tables;
  const frameId = frames.numbers(0, BigInt64Array, 0n);
  const stackId = stacks.numbers(0, BigInt64Array, 0n);
  const { offsets, items } = stacks.lists(1);
  const rowOfId = (ids: BigInt64Array, table: RecordingTable) =>
    new RowOfId(ids, (id) => {
      throw new RecordingError(join(folder, fileOf(table)), `has the id ${id} twice`);
    });
  const missing = (from: RecordingTable, to: RecordingTable) => (id: bigint) => {
    throw new RecordingError(
      join(folder, fileOf(from)),
      `refers to ${id}, which ${fileOf(to)} does not have`,
    );
  };
  const order = threads.numbers(0, Int32Array, -1);
  const thread = samples.numbers(2, Int32Array, -1);
  if (order.some((row, i) => row !== i) || !areBelow(thread, order.length))
    throw new RecordingError(
      join(folder, fileOf("samples")),
      `refers to threads that ${fileOf("threads")} does not have`,
    );
  // Piece by piece: 64-bit numbers of all samples are never there.
  const atMs = new Float64Array(samples.rows);
  samples.pieces(0, BigInt64Array, UNKNOWN_TIME, (ns, at) => milliseconds(ns, atMs, at));
  const stack = new Int32Array(samples.rows);
  const [stackRows, noStack] = [rowOfId(stackId, "stacks"), missing("samples", "stacks")];
  samples.pieces(3, BigInt64Array, 0n, (ids, at) => stackRows.rows(ids, noStack, stack, at));
  return {
    samples: {
      atMs,
      cpu: samples.numbers(1, Int32Array, -1),
      thread,
      stack,
      weight: samples.numbers(4, Float64Array, Number.NaN),
      ...(samples.columns > 5 ? { count: samples.numbers(5, Float64Array, 1) } : {}),
    },
    stacks: {
      id: stackId,
      offsets,
      frames: rowOfId(frameId, "frames").rows(items, missing("stacks", "frames")),
      end: stacks.values<string>(2),
    },
    frames: {
      id: frameId,
      name: frames.values<string>(1),
      module: frames.values<string>(2),
      kind: frames.values<FrameKind>(3),
      file: frames.values<string | null>(4),
      line: frames.values<number | null>(5),
      column: frames.values<number | null>(6),
    },
    threads: {
      pid: threads.numbers(1, Int32Array, -1),
      tid: threads.numbers(2, Int32Array, -1),
      process: threads.values<string>(3),
      comm: threads.values<string>(4),
    },
  };
}

function areBelow(rows: Int32Array, length: number): boolean {
  let areAll = true;
  for (let i = 0; i < rows.length; i++) areAll &&= rows[i] >= 0 && rows[i] < length;
  return areAll;
}

/** No time that a sample has. */
const UNKNOWN_TIME = -(2n ** 63n);
const UNKNOWN_HIGH = -(2 ** 31);

/** Writes these times from `at` on. */
function milliseconds(ns: BigInt64Array, ms: Float64Array, at: number): void {
  const words = new Int32Array(ns.buffer, ns.byteOffset, 2 * ns.length);
  for (let i = 0; i < ns.length; i++) {
    const high = words[2 * i + 1];
    ms[at + i] = high === UNKNOWN_HIGH ? Number.NaN : (high * 2 ** 32 + (words[2 * i] >>> 0)) / 1e6;
  }
}
