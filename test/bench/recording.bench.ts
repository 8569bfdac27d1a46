import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { loadProfile } from "../../kernel/dataframe/load-profile.js";
import type { ProfileData } from "../../kernel/dataframe/profile-data.js";
import { saveRecording } from "../../kernel/recordings/save-recording.js";
import { seeded } from "../helpers/mutate.js";
import { randomProfile } from "../helpers/random-profile.js";
import { ratio, spread, table } from "./statistics.js";

/**
 * Saving and loading a recording beside DuckDB's COPY and CREATE TABLE AS of the same tables, in the same order, by as many
 * threads; and beside what its library makes of them for JavaScript, as our loading does. Saving waits for the disk, COPY does
 * not.
 */
const SAMPLES = Number(process.argv[2] ?? 1e6);
const RUNS = 7;
/** Of what takes seconds. */
const COLUMN_RUNS = 2;
const PERIOD_NS = 1_003_009;
const CPUS = 2;
const TABLES = ["samples", "stacks", "frames", "threads"];

/** As a clock makes it: each CPU ticks once a period, a few microseconds late. */
function clocked(data: ProfileData): ProfileData {
  const random = seeded(3);
  const { samples } = data;
  const rows = samples.stack.length;
  const phase = Array.from({ length: CPUS }, (_, cpu) => (cpu * PERIOD_NS) / CPUS);
  const atNs = Float64Array.from({ length: rows }, (_, row) =>
    Math.round(Math.floor(row / CPUS) * PERIOD_NS + phase[row % CPUS] + 8000 * random() ** 4),
  );
  return {
    ...data,
    samples: {
      ...samples,
      atMs: atNs.map((ns) => ns / 1e6),
      cpu: Int32Array.from({ length: rows }, (_, row) => row % CPUS),
      weight: new Float64Array(rows).fill(PERIOD_NS),
    },
  };
}

/** Ids of 63 bits, as the sampler makes them of content. */
function contentIds(data: ProfileData): ProfileData {
  const random = seeded(4);
  const ids = (rows: number) =>
    BigInt64Array.from(
      { length: rows },
      () => (BigInt(Math.floor(random() * 2 ** 31)) << 32n) | BigInt(Math.floor(random() * 2 ** 32)),
    );
  const { stacks, frames } = data;
  return {
    ...data,
    stacks: { ...stacks, id: ids(stacks.id.length) },
    frames: { ...frames, id: ids(frames.id.length) },
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const folder = mkdtempSync(join(tmpdir(), "recording-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const shape = { samples: SAMPLES, stacks: 8000, functions: 3000, threads: 50, maxDepth: 50 };
const data = clocked(contentIds(randomProfile(seeded(1), shape)));
const ours = join(folder, "ours");
await saveRecording(data, ours);

const connection = await (await DuckDBInstance.create(":memory:")).connect();
const take = async () => {
  for (const name of TABLES)
    await connection.run(`CREATE OR REPLACE TABLE ${name} AS FROM '${join(ours, name)}.parquet'`);
};
const copy = async () => {
  for (const name of TABLES)
    await connection.run(
      `COPY ${name} TO '${join(folder, name)}.parquet' (FORMAT parquet, COMPRESSION zstd)`,
    );
};
const takeColumns = async () => {
  for (const name of TABLES) {
    const reader = await connection.runAndReadAll(`FROM '${join(ours, name)}.parquet'`);
    reader.getColumns();
  }
};
await take();
const times: Record<string, number[]> = { save: [], copy: [], load: [], take: [], takeColumns: [] };
for (let run = 0; run < RUNS; run++) {
  times.save.push(await timed(() => saveRecording(data, ours, { overwrite: true })));
  times.copy.push(await timed(copy));
  times.load.push(await timed(() => loadProfile(ours)));
  times.take.push(await timed(take));
  if (run < COLUMN_RUNS) times.takeColumns.push(await timed(takeColumns));
}
const bytes = (at: string) =>
  readdirSync(at, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { name }) => sum + statSync(join(at, name)).size, 0) / SAMPLES;
const least = (name: string) => Math.min(...times[name]);

process.stdout.write(
  `${SAMPLES} samples, ${shape.stacks} stacks; ms, median (least..most) of ${RUNS} runs; the ratio is of the least\n`,
);
process.stdout.write(
  `${table([
    ["", "ours", "DuckDB", "ratio", "to reach"],
    ["save", spread(times.save, 0), spread(times.copy, 0), ratio(least("save"), least("copy")), "1.3"],
    ["load", spread(times.load, 0), spread(times.take, 0), ratio(least("load"), least("take")), "1.3"],
    [
      "load, columns of JavaScript",
      spread(times.load, 0),
      spread(times.takeColumns, 0),
      ratio(least("load"), least("takeColumns")),
      "",
    ],
    [
      "bytes a sample",
      bytes(ours).toFixed(2),
      bytes(folder).toFixed(2),
      ratio(bytes(ours), bytes(folder)),
      "6",
    ],
  ])}\n`,
);
