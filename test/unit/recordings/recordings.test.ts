import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadProfile } from "../../../kernel/dataframe/load-profile.js";
import type { ProfileData } from "../../../kernel/dataframe/profile-data.js";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { RecordingError } from "../../../kernel/recordings/recording-error.js";
import { frameWords, richProfile, totals } from "../../helpers/profile-files.js";
import { samples } from "../../helpers/samples.js";

const folder = mkdtempSync(join(tmpdir(), "recordings-"));
let made = 0;
/** A folder that no other test has. */
const fresh = () => join(folder, `runs ${++made}`, "it's [a] *name*");

async function saved(data: ProfileData = richProfile()): Promise<string> {
  const at = fresh();
  await ProfileFrame.fromProfile(data).save(at);
  return at;
}

/** The error of loading it: one of ours that names the file. */
async function refused(at: string, file: string, problem: RegExp): Promise<void> {
  await assert.rejects(loadProfile(at), (error: Error) => {
    assert.ok(error instanceof RecordingError, `${error.stack}`);
    assert.equal(error.file, file);
    assert.ok(error.message.startsWith(`${file}: `));
    assert.match(error.message, problem);
    return true;
  });
}

test("a recording holds all of a profile", async () => {
  const data = richProfile();
  const at = await saved(data);
  const loaded = await loadProfile(at);
  const { recording, ...meta } = loaded.meta;
  assert.deepEqual(meta, JSON.parse(JSON.stringify(data.meta)));
  assert.equal(recording?.folder, at);
  assert.match(
    String(loaded),
    new RegExp(`recorded \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC on ${hostname()} `),
  );
  assert.deepEqual(loaded.profile.samples, data.samples);
  assert.deepEqual(loaded.profile.threads, data.threads);
  assert.deepEqual(loaded.profile.frames, data.frames);
  assert.deepEqual(loaded.profile.stacks, data.stacks);
  assert.deepEqual(loaded.toJSON(), ProfileFrame.fromProfile(data).toJSON());
});

test("times and sums that a file of another tool did not have are missing still", async () => {
  const data = richProfile();
  const count = Float64Array.from(data.samples.cpu, (_, i) => 10 + i);
  const atMs = Float64Array.from(count, (_, i) => (i < 2 ? 1234.567891 * i : Number.NaN));
  const other = { ...data, samples: { ...data.samples, atMs, count } };
  const { profile } = await loadProfile(await saved(other));
  assert.deepEqual(profile.samples, other.samples);
});

test("of a filtered frame only its rows are saved", async () => {
  const frame = ProfileFrame.fromProfile(richProfile()).query((row) => row.comm === "gc");
  const at = fresh();
  await frame.save(at);
  const loaded = await loadProfile(at);
  assert.deepEqual(loaded.toJSON(), frame.toJSON());
  assert.deepEqual(loaded.profile.threads.comm, ["gc"]);
  assert.deepEqual(
    loaded.profile.frames.name,
    ["main", "mark"].filter((n) => loaded.profile.frames.name.includes(n)),
  );
});

test("a profile without samples is a recording too", async () => {
  const loaded = await loadProfile(await saved(samples("")));
  assert.deepEqual(loaded.shape, [0, 12]);
});

test("a million samples keep their order and their nanoseconds", async () => {
  const rows = 1_000_000;
  const few = richProfile();
  const data: ProfileData = {
    ...few,
    samples: {
      atMs: Float64Array.from({ length: rows }, (_, i) => (i * 1_003_009 + ((i * 7919) % 1000)) / 1e6),
      cpu: Int32Array.from({ length: rows }, (_, i) => i % 64),
      thread: Int32Array.from({ length: rows }, (_, i) => i % few.threads.pid.length),
      stack: Int32Array.from({ length: rows }, (_, i) => (i * 31) % few.stacks.end.length),
      weight: new Float64Array(rows).fill(1_003_009),
    },
  };
  const loaded = await loadProfile(await saved(data));
  assert.ok(loaded.profile.samples.atMs.every((ms, i) => ms === data.samples.atMs[i]));
  assert.deepEqual(loaded.profile.samples.stack, data.samples.stack);
});

test("an existing folder is not overwritten unless asked, and then only a recording", async () => {
  const at = await saved();
  const one = ProfileFrame.fromProfile(samples("main"));
  await assert.rejects(
    one.save(at),
    (error: Error) => error instanceof RecordingError && /overwrite: true/.test(error.message),
  );
  assert.equal((await loadProfile(at)).shape[0], 6);
  await one.save(at, { overwrite: true });
  assert.deepEqual((await loadProfile(at)).stack.values, ["main"]);

  const precious = fresh();
  mkdirSync(precious, { recursive: true });
  writeFileSync(join(precious, "thesis.tex"), "x");
  await assert.rejects(one.save(precious, { overwrite: true }), RecordingError);
  assert.deepEqual(readdirSync(precious), ["thesis.tex"]);
  const file = join(precious, "thesis.tex");
  await assert.rejects(one.save(file, { overwrite: true }), /is no folder/);
});

test("a recording that cannot be finished leaves nothing", async () => {
  const data = richProfile();
  const ids = data.frames.id.slice();
  ids[1] = ids[0]; // two functions with one id
  const at = fresh();
  const save = ProfileFrame.fromProfile({ ...data, frames: { ...data.frames, id: ids } }).save(at);
  await assert.rejects(
    save,
    (error: Error) => error instanceof RecordingError && /frame id \d+ stands for two/.test(error.message),
  );
  assert.deepEqual(readdirSync(join(at, "..")), []);
});

test("a process that is killed while it saves leaves no folder of that name", async () => {
  const at = fresh();
  const program = `
    const { ProfileFrame } = await import(${JSON.stringify(import.meta.resolve("../../../kernel/dataframe/profile-frame.js"))});
    const { richProfile } = await import(${JSON.stringify(import.meta.resolve("../../helpers/profile-files.js"))});
    const few = richProfile();
    const rows = 500_000;
    const zeros = new Int32Array(rows);
    const samples = { atMs: Float64Array.from(zeros, Math.random), cpu: zeros, thread: zeros, stack: zeros, weight: new Float64Array(rows) };
    const frame = ProfileFrame.fromProfile({ ...few, samples });
    const fs = (await import("node:fs")).default;
    const timer = setInterval(() => {
      const parent = ${JSON.stringify(join(at, ".."))};
      if (fs.existsSync(parent) && fs.readdirSync(parent).some((name) => name.endsWith(".part"))) process.kill(process.pid, "SIGKILL");
    });
    await frame.save(${JSON.stringify(at)});
    clearInterval(timer);
  `;
  assert.throws(
    () => execFileSync(process.execPath, ["--input-type=module", "-e", program], { stdio: "pipe" }),
    (error: { signal?: string }) => error.signal === "SIGKILL",
  );
  assert.equal(existsSync(at), false);
  await saved(); // what it left behind is in nobody's way
});

test("what is damaged or missing is named", async () => {
  const whole = await saved();
  const damaged = (change: (at: string) => void) => {
    const at = fresh();
    cpSync(whole, at, { recursive: true });
    change(at);
    return at;
  };
  const none = fresh();
  await refused(none, none, /no meta\.json/);
  for (const name of ["samples", "stacks", "frames", "threads"].map((table) => `${table}.parquet`)) {
    let at = damaged((at) => rmSync(join(at, name)));
    await refused(at, join(at, name), /cannot be read/);
    at = damaged((at) => appendFileSync(join(at, name), "x"));
    await refused(at, join(at, name), /is damaged: \d+ bytes/);
    at = damaged((at) => {
      const bytes = readFileSync(join(at, name));
      bytes[bytes.length >> 1] ^= 1;
      writeFileSync(join(at, name), bytes);
    });
    await refused(at, join(at, name), /SHA-256/);
  }
  const meta = (change: (text: string) => string) => {
    const at = damaged((at) => {
      const file = join(at, "meta.json");
      writeFileSync(file, change(readFileSync(file, "utf8")));
    });
    return [at, join(at, "meta.json")] as const;
  };
  await refused(...meta((text) => text.slice(0, 200)), /is damaged/);
  await refused(...meta(() => "{}"), /not that of a recording/);
  await refused(...meta(() => "null"), /not that of a recording/);
  await refused(...meta((text) => text.replace('"schemaVersion": 1', '"schemaVersion": 2')), /newer proflab/);
  await refused(
    ...meta((text) => text.replace('"period": 1000000', '"period": "x"')),
    /\$\.profile\.period is string/,
  );
});

test("DuckDB of another version and pyarrow read the files, and ids join the tables", async () => {
  const data = richProfile();
  const at = await saved(data);
  const program = `
import duckdb, json, os, sys
os.chdir(sys.argv[1])
rows = duckdb.sql("""
  SELECT list_aggregate([f.name FOR f IN frames], 'string_agg', ';'), count(*), sum(weight) / 1e6 FROM (
    SELECT s.rowid_, s.weight, list(f ORDER BY s.at) AS frames FROM (
      SELECT row_number() OVER () AS rowid_, weight, unnest(st.frames) AS frame_id, generate_subscripts(st.frames, 1) AS at
      FROM 'samples.parquet' JOIN 'stacks.parquet' st USING (stack_id) JOIN 'threads.parquet' USING (thread)
    ) s JOIN 'frames.parquet' f USING (frame_id) GROUP BY ALL
  ) GROUP BY ALL ORDER BY 1
""").fetchall()
types = duckdb.sql("DESCRIBE FROM 'samples.parquet'").fetchall()
sorted_ = duckdb.sql("SELECT bool_and(at_ns >= before) FROM (SELECT at_ns, lag(at_ns, 1, at_ns) OVER () AS before FROM 'samples.parquet')").fetchall()[0][0]
codec = duckdb.sql("SELECT DISTINCT compression FROM parquet_metadata('samples.parquet')").fetchall()
import pyarrow.parquet as pq
names = dict(zip(*(pq.read_table("frames.parquet")[c].to_pylist() for c in ("frame_id", "name"))))
stacks = {r["stack_id"]: ";".join(names[f] for f in r["frames"]) for r in pq.read_table("stacks.parquet").to_pylist()}
sums = pq.read_table("samples.parquet").group_by("stack_id").aggregate([("weight", "count"), ("weight", "sum")]).to_pylist()
arrow = {}
for r in sums:
    count, ms = arrow.get(stacks[r["stack_id"]], (0, 0))
    arrow[stacks[r["stack_id"]]] = (count + r["weight_count"], ms + r["weight_sum"] / 1e6)
arrow = sorted([stack, *sums] for stack, sums in arrow.items())
print(json.dumps([rows, [t[:2] for t in types], sorted_, codec, arrow]))
`;
  const venv = process.env.PROFLAB_VENV ?? new URL("../../../../.venv", import.meta.url).pathname;
  const out = execFileSync(join(venv, "bin/python"), ["-c", program, at], { encoding: "utf8" });
  const [rows, types, isSorted, codec, arrow] = JSON.parse(out);
  assert.deepEqual(arrow, rows, "pyarrow");
  assert.deepEqual(
    rows,
    totals(data).map(([stack, count, ms]) => [stack, count, ms]),
  );
  assert.deepEqual(types, [
    ["at_ns", "BIGINT"],
    ["cpu", "INTEGER"],
    ["thread", "INTEGER"],
    ["stack_id", "BIGINT"],
    ["weight", "DOUBLE"],
  ]);
  assert.deepEqual([isSorted, codec], [true, [["ZSTD"]]]);
  assert.deepEqual(frameWords((await loadProfile(at)).profile), frameWords(data));
});

test("DuckDB is loaded at the first use, not with the kernel", async () => {
  const program = `
    const { loadProfile } = await import(${JSON.stringify(import.meta.resolve("../../../kernel/index.js"))});
    const { readFileSync } = await import("node:fs");
    const isLoaded = () => readFileSync("/proc/self/maps", "utf8").includes("duckdb");
    const before = isLoaded();
    await loadProfile(process.argv[1]);
    console.log(before, isLoaded());
  `;
  const args = ["--input-type=module", "-e", program, await saved()];
  assert.equal(execFileSync(process.execPath, args, { encoding: "utf8" }), "false true\n");
});
