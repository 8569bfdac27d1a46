import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as arquero from "arquero";
import { ColumnFrame } from "../../kernel/dataframe/column-frame.js";
import { NumberColumn } from "../../kernel/dataframe/columns/number-column.js";
import { TextColumn } from "../../kernel/dataframe/columns/text-column.js";
import { DataFrame } from "../../kernel/dataframe/danfojs/index.js";
import type { ProfileData } from "../../kernel/dataframe/profile-data.js";
import { ProfileFrame } from "../../kernel/dataframe/profile-frame.js";
import { leafOf, repeating } from "../../kernel/dataframe/profile-rows.js";
import { decoded, sampleArrays, sentProfile } from "./frame-data.js";
import { duckdbTables } from "./frame-duckdb.js";
import { ratio, table } from "./statistics.js";

/** A ProfileFrame beside danfojs, arquero and DuckDB on one profile: 8,000 stacks of 3,000 functions. */
const SAMPLES = Number(process.argv[2] ?? 1e6);
const RUNS = 7;
const TWO_KEYS = ["comm", "module"];
const MEMORY = fileURLToPath(new URL("frame-memory.js", import.meta.url));
const LEAST_WEIGHT = 1_000_000;

/** The quickest of some runs in milliseconds, after one that warms up: other work on the machine only adds. */
async function timed(work: () => unknown, runs = RUNS): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

/** MiB that a process of its own grows by when it makes the frame of one engine from Arrow, rows counted. */
async function memoryMib(engine: "ours" | "danfojs", folder: string): Promise<number> {
  const files = Object.entries(sent.tables).map(([name, bytes]) => {
    const file = join(folder, `${name}.arrow`);
    writeFileSync(file, bytes);
    return file;
  });
  const { stdout } = await promisify(execFile)(process.execPath, [MEMORY, engine, ...files]);
  return Number(stdout);
}

/** One row a sample, with text by the codes that the profile has: what our verbs work on. */
function sampleFrame(data: ProfileData): ColumnFrame {
  const { samples, threads, frames } = data;
  const leaf = samples.stack.map((stack) => leafOf(data, stack));
  const number = (name: string, values: Int32Array | Float64Array) => ({
    name,
    column: new NumberColumn(values),
  });
  const text = (name: string, codes: Int32Array, texts: readonly string[]) => ({
    name,
    column: new TextColumn(codes, repeating(texts)),
  });
  return new ColumnFrame([
    number("at_ms", samples.atMs),
    number("cpu", samples.cpu),
    number(
      "pid",
      samples.thread.map((t) => threads.pid[t]),
    ),
    number(
      "tid",
      samples.thread.map((t) => threads.tid[t]),
    ),
    text("comm", samples.thread, threads.comm),
    text("leaf", leaf, frames.name),
    text("module", leaf, frames.module),
    number("weight", samples.weight),
  ]);
}

const rows = [["", "ours", "peer", "ours / peer", "to reach", "peer"]];
function line(what: string, ours: number, theirs: number, toReach: string, peer: string, unit = "ms"): void {
  rows.push([
    what,
    `${ours.toPrecision(3)} ${unit}`,
    `${theirs.toPrecision(3)} ${unit}`,
    ratio(ours, theirs),
    toReach,
    peer,
  ]);
}

const sent = sentProfile(SAMPLES);
const data = decoded(sent);
const mine = sampleFrame(data);
const construct = () => ProfileFrame.fromProfile(decoded(sent));

const theirs = new DataFrame(sampleArrays(sent));
const constructDanfojs = await timed(() => new DataFrame(sampleArrays(sent)), 1);
line("construct from Arrow", await timed(construct, 20), constructDanfojs, "0.002", "danfojs");
line("… and count its rows", await timed(() => construct().shape), constructDanfojs, "", "danfojs");
const folder = mkdtempSync(join(tmpdir(), "proflab-frame-"));
try {
  const [ours, danfojs] = [await memoryMib("ours", folder), await memoryMib("danfojs", folder)];
  line("memory, rows counted", ours, danfojs, "0.05", "danfojs", "MiB");
} finally {
  rmSync(folder, { recursive: true });
}

const groupOurs = await timed(() => mine.groupby(TWO_KEYS).col(["weight"]).sum());
const groupDanfojs = await timed(() => theirs.groupby(TWO_KEYS).col(["weight"]).sum(), 0);
const duckdb = await duckdbTables(data);
const query = (sql: string) => async () => (await duckdb.runAndReadAll(sql)).getColumns();
const groupDuckdb = await timed(query("select comm, module, sum(weight) from samples group by all"));
line("groupby two keys, sum", groupOurs, groupDanfojs, "0.01", "danfojs");
line("groupby two keys, sum", groupOurs, groupDuckdb, "1", "DuckDB, enums, 2 threads");

const columns = sampleArrays(sent);
const peer = arquero.table({
  ...columns,
  at_ms: Float64Array.from(columns.at_ms as number[]),
  cpu: Int32Array.from(columns.cpu as number[]),
  pid: Int32Array.from(columns.pid as number[]),
  tid: Int32Array.from(columns.tid as number[]),
  weight: Float64Array.from(columns.weight as number[]),
});
line(
  "sort by a number",
  await timed(() => mine.sortValues("weight"), 3),
  await timed(() => peer.orderby("weight").reify(), 2),
  "0.5",
  "arquero",
);
const filterArquero = await timed(() =>
  peer
    .params({ least: LEAST_WEIGHT })
    .filter((row: { weight: number }, $: { least: number }) => row.weight > $.least)
    .reify(),
);
const byFunction = (row: { weight: number }) => row.weight > LEAST_WEIGHT;
line(
  "filter by a function",
  await timed(() => mine.query(byFunction as never)),
  filterArquero,
  "0.5",
  "arquero",
);
const bySeries = () => mine.query(mine.column("weight").gt(LEAST_WEIGHT));
line("filter by a Series", await timed(bySeries), filterArquero, "0.5", "arquero");

const TOTALS = `with counts as (select stack, count(*) n from samples group by stack),
  totals as (select f, sum(n) total from (select unnest(list_distinct(frames)) f, n from stacks join counts on id = stack) group by f),
  selfs as (select frames[-1] f, sum(n) self from stacks join counts on id = stack group by all)
  select f, coalesce(self, 0), total from totals left join selfs using (f) order by 2 desc`;
const totals = await timed(() => ProfileFrame.fromProfile(data).byFunction());
line(
  "self and total by function",
  totals,
  await timed(query(TOTALS)),
  "0.333",
  "DuckDB, list_distinct, 2 threads",
);

process.stdout.write(`
${SAMPLES.toLocaleString("en-US")} samples, ${data.stacks.end.length} stacks, ${data.frames.name.length} functions, ${construct().shape[0]} rows; the quickest of ${RUNS} runs, of danfojs of one

${table(rows)}
`);
duckdb.closeSync();
