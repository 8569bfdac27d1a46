import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { readProfile } from "../../../kernel/dataframe/read-profile.js";
import { ownConnection } from "../../../kernel/duckdb/database.js";
import { frameWords, richProfile, totals } from "../../helpers/profile-files.js";
import { exampleMeta, samples } from "../../helpers/samples.js";

const root = new URL("../../../../", import.meta.url).pathname;
const python = join(process.env.PROFLAB_VENV ?? join(root, ".venv"), "bin/python");
const skip = !existsSync(python) && process.env.REQUIRE_BPF !== "1" && "no venv here";
const folder = mkdtempSync(join(tmpdir(), "proflab [a] parquet-"));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "it's*.parquet");

test("what was written is read back, with its accounting, frames and samples", async () => {
  const accounting = { ticks: 9, samples: 6, filtered: { idle: 2 }, dropped: { "ring-full": 1 } };
  const data = { ...richProfile(), meta: { ...richProfile().meta, accounting } };
  const bytes = await ProfileFrame.fromProfile(data).toParquet(file);
  assert.deepEqual(bytes, readFileSync(file));
  assert.deepEqual(readdirSync(folder), ["it's*.parquet"]);
  const read = await readProfile(file);
  const columns = ["pid", "tid", "process", "comm", "stack", "module", "kind", "end"];
  assert.deepEqual(totals(read.profile, columns), totals(data, columns));
  assert.deepEqual(frameWords(read.profile), frameWords(data));
  assert.deepEqual(read.profile.samples.atMs, data.samples.atMs);
  assert.deepEqual(read.profile.samples.cpu, data.samples.cpu);
  assert.deepEqual([read.meta.accounting, read.meta.ends], [accounting, data.meta.ends]);
  assert.deepEqual(read.meta.source, { file, format: "parquet" });
  assert.equal(read.toFolded(), ProfileFrame.fromProfile(data).toFolded());
});

test("sums, values that are no time, and nothing at all", async () => {
  const heap = {
    ...samples("main[mod:a]\nalloc"),
    meta: { ...exampleMeta(1), event: "space", unit: "bytes" },
  };
  const sums = {
    ...heap,
    samples: { ...heap.samples, weight: Float64Array.of(4096), count: Float64Array.of(4096) },
  };
  await ProfileFrame.fromProfile(sums).toParquet(file);
  const read = await readProfile(file);
  assert.deepEqual(totals(read.profile), [["main;alloc", 4096, Number.NaN]]);
  assert.equal(read.meta.unit, "bytes");
  await ProfileFrame.fromProfile(samples("")).toParquet(file);
  assert.deepEqual((await readProfile(file)).meta.notes, [`${file} has no samples.`]);
});

test("tables of other programs, with fewer columns; what is no such table is said", async () => {
  const connection = await ownConnection();
  const write = (query: string) =>
    connection.run(`COPY (${query}) TO '${folder}/x.parquet' (FORMAT parquet)`);
  const x = join(folder, "x.parquet");
  await write("SELECT * FROM (VALUES ('main;a', 3, true), ('main;b', 4, false)) t(stack, samples, extra)");
  const frame = await readProfile(x);
  assert.equal(frame.toFolded(), "main;a 3\nmain;b 4\n");
  assert.deepEqual([frame.meta.unit, frame.meta.accounting.known], ["samples", false]);
  await write(
    "SELECT 'main' AS stack, 2.5::decimal(9, 2) AS time_ms, 7::ubigint AS tid, 'worker'::enum('worker') AS comm",
  );
  const timed = await readProfile(x);
  assert.deepEqual([timed.time_ms.values, timed.tid.values, timed.comm.values], [[2.5], [7], ["worker"]]);
  await write("SELECT 1 AS n, 'a' AS name");
  await assert.rejects(
    readProfile(x),
    /x\.parquet: .*expected a column "stack" of folded stacks among n, name/,
  );
  await write("SELECT 'a' AS stack, -1 AS samples");
  await assert.rejects(readProfile(x), /expected a number of samples in row 0/);
  writeFileSync(x, readFileSync(file).subarray(0, 100));
  await assert.rejects(readProfile(x), { name: "FormatError", message: /expected a Parquet file/ });
  writeFileSync(x, gzipSync(readFileSync(file)));
  await assert.rejects(readProfile(x), /expected a Parquet file as it is, not gzipped/);
  await assert.rejects(ProfileFrame.fromProfile(richProfile()).toParquet("/nowhere/x.parquet"), /nowhere/);
});

test("pyarrow and DuckDB's Python read it: numbers equal", { skip }, async () => {
  const data = richProfile();
  const frame = ProfileFrame.fromProfile(data);
  const path = join(folder, "py.parquet");
  await frame.toParquet(path);
  const program = `
import duckdb, json, sys
import pyarrow.parquet as pq
path = sys.argv[1]
table = pq.read_table(path)
rows = table.to_pylist()
query = "select stack, sum(samples)::int, sum(time_ms), sum(len(sample_weight))::int from 'py.parquet' group by stack order by stack"
print(json.dumps({
  "columns": table.column_names,
  "arrow": sorted([r["stack"], r["samples"], r["time_ms"], r["comm"], r["kind"], r["end"]] for r in rows),
  "frames": [[f["name"], f["module"], f["kind"], f["file"], f["line"]] for r in rows if r["kind"] == "jit" for f in r["frames"]],
  "at_ms": sorted(t for r in rows for t in r["sample_at_ms"]),
  "duckdb": duckdb.sql(query).fetchall(),
  "meta": json.loads(table.schema.metadata[b"proflab"])["meta"]["accounting"],
}))`;
  const out = JSON.parse(execFileSync(python, ["-c", program, path], { encoding: "utf8", cwd: folder }));
  const column = (name: string) => frame.column(name).values as (string | number)[];
  assert.deepEqual(out.columns.slice(0, 12), frame.columns);
  const names = ["stack", "samples", "time_ms", "comm", "kind", "end"];
  const inOrder = (rows: unknown[][]) => rows.map((row) => JSON.stringify(row)).sort();
  assert.deepEqual(
    inOrder(out.arrow),
    inOrder(column("stack").map((_, i) => names.map((name) => column(name)[i]))),
  );
  assert.deepEqual(out.frames.at(-1), ["__proto__", "[jit]", "jit", "/app/a.js", 20]);
  assert.deepEqual(out.at_ms, Array.from(data.samples.atMs));
  assert.deepEqual(
    inOrder(out.duckdb),
    inOrder(totals(data).map(([stack, count, ms]) => [stack, count, ms, count])),
  );
  assert.deepEqual(out.meta, data.meta.accounting);
});
