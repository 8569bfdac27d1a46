import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProfileData } from "../dataframe/profile-data.js";
import { literal, ownConnection } from "../duckdb/database.js";
import { enumColumn, numberColumn, type ScanTable, valueColumn, withTables } from "../duckdb/scan.js";
import { saved } from "./saved.js";
import { type StackSum, stackSums } from "./stack-sums.js";
import { STATED_META, statedText } from "./stated-meta.js";

/**
 * One Parquet file (zstd), a row a thread and stack, with the columns that `writeArrow` has: those of the frame, `frames` (a
 * list of structs, root first), and a list of each of the row's samples: `sample_at_ms`, `sample_cpu`, `sample_weight`.
 *
 * @param path Where to write it: whole under its name, or not at all.
 */
export async function writeParquet(data: ProfileData, path?: string): Promise<Uint8Array> {
  const file = join(tmpdir(), `proflab-${randomUUID()}.parquet`);
  try {
    await copyTo(file, data);
    return saved(readFileSync(file), path);
  } finally {
    rmSync(file, { force: true });
  }
}

async function copyTo(file: string, data: ProfileData): Promise<void> {
  const connection = await ownConnection();
  const count = data.samples.count ? ", list(count ORDER BY i) AS sample_count" : "";
  const samples = data.samples.count ? ", sample_count" : "";
  try {
    await withTables(tables(data), (source) =>
      connection.run(`COPY (
        WITH frame_lists AS (
          SELECT stack_row, list({name: name::VARCHAR, module: module::VARCHAR, kind: kind::VARCHAR,
            file: file::VARCHAR, line: line, "column": "column"} ORDER BY position) AS frames
          FROM ${source("items")} JOIN ${source("frames")} USING (frame) GROUP BY stack_row
        ), sample_lists AS (
          SELECT sum_row, list(at_ms ORDER BY i) AS sample_at_ms, list(cpu ORDER BY i) AS sample_cpu,
            list(weight ORDER BY i) AS sample_weight${count}
          FROM ${source("samples")} GROUP BY sum_row
        )
        SELECT pid, tid, process::VARCHAR AS process, comm::VARCHAR AS comm, stack, leaf::VARCHAR AS leaf,
          module::VARCHAR AS module, kind::VARCHAR AS kind, depth, samples, time_ms, "end"::VARCHAR AS "end",
          coalesce(frames, []) AS frames, sample_at_ms, sample_cpu, sample_weight${samples}
        FROM ${source("sums")} LEFT JOIN frame_lists USING (stack_row) LEFT JOIN sample_lists USING (sum_row)
        ORDER BY sum_row
      ) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd,
        KV_METADATA {${STATED_META}: ${literal(statedText(data.meta))}})`),
    );
  } finally {
    connection.closeSync();
  }
}

/** The rows, the frames of their stacks and their samples, as DuckDB reads them. */
function tables({ frames, meta, samples, stacks, threads }: ProfileData): Map<string, ScanTable> {
  const sums = stackSums({ frames, meta, samples, stacks, threads });
  const itemStack = new Int32Array(stacks.frames.length);
  for (let stack = 0; stack < stacks.end.length; stack++)
    itemStack.fill(stack, stacks.offsets[stack], stacks.offsets[stack + 1]);
  const sumOf = new Int32Array(samples.stack.length);
  for (const [row, { rows }] of sums.entries()) for (const i of rows) sumOf[i] = row;
  const leaf = Int32Array.from(sums, ({ stack }) =>
    stacks.offsets[stack + 1] > stacks.offsets[stack] ? stacks.frames[stacks.offsets[stack + 1] - 1] : -1,
  );
  const ints = (name: string, of: (sum: StackSum) => number) => numberColumn(name, Int32Array.from(sums, of));
  const floats = (name: string, values: Float64Array) =>
    numberColumn(name, values, (row) => Number.isNaN(values[row]));
  const names = (stack: number) =>
    Array.from(stacks.frames.subarray(stacks.offsets[stack], stacks.offsets[stack + 1]), (frame) =>
      frames.name[frame].replaceAll(";", ":"),
    );
  const isTime = meta.unit === undefined || meta.unit === "nanoseconds";
  return new Map<string, ScanTable>([
    [
      "sums",
      {
        rows: sums.length,
        columns: [
          numberColumn("sum_row", Int32Array.from(sums.keys())),
          ints("stack_row", ({ stack }) => stack),
          ints("pid", ({ thread }) => threads.pid[thread]),
          ints("tid", ({ thread }) => threads.tid[thread]),
          enumColumn("process", threads.process, (row) => sums[row].thread),
          enumColumn("comm", threads.comm, (row) => sums[row].thread),
          valueColumn("stack", "VARCHAR", (row) => names(sums[row].stack).join(";")),
          enumColumn("leaf", frames.name, (row) => leaf[row]),
          enumColumn("module", frames.module, (row) => leaf[row]),
          enumColumn("kind", frames.kind, (row) => leaf[row]),
          ints("depth", ({ stack }) => stacks.offsets[stack + 1] - stacks.offsets[stack]),
          samples.count
            ? numberColumn(
                "samples",
                Float64Array.from(sums, ({ count }) => count),
              )
            : ints("samples", ({ count }) => count),
          floats(
            "time_ms",
            Float64Array.from(sums, ({ weight }) => (isTime ? weight / 1e6 : Number.NaN)),
          ),
          enumColumn("end", stacks.end, (row) => sums[row].stack),
        ],
      },
    ],
    [
      "items",
      {
        rows: stacks.frames.length,
        columns: [
          numberColumn("stack_row", itemStack),
          numberColumn("position", Int32Array.from(stacks.frames.keys())),
          numberColumn("frame", stacks.frames),
        ],
      },
    ],
    [
      "frames",
      {
        rows: frames.name.length,
        columns: [
          numberColumn("frame", Int32Array.from(frames.name.keys())),
          ...(["name", "module", "kind", "file"] as const).map((name) =>
            enumColumn(name, frames[name], (row) => row),
          ),
          ...(["line", "column"] as const).map((name) =>
            valueColumn(name, "INTEGER", (row) => frames[name][row]),
          ),
        ],
      },
    ],
    [
      "samples",
      {
        rows: samples.stack.length,
        columns: [
          numberColumn("sum_row", sumOf),
          numberColumn("i", Int32Array.from(samples.stack.keys())),
          floats("at_ms", samples.atMs),
          numberColumn("cpu", samples.cpu),
          numberColumn("weight", samples.weight),
          ...(samples.count ? [numberColumn("count", samples.count)] : []),
        ],
      },
    ],
  ]);
}
