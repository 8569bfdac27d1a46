import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { readProfile } from "../../../kernel/dataframe/read-profile.js";
import { frameWords, richProfile, totals } from "../../helpers/profile-files.js";

const root = new URL("../../../../", import.meta.url).pathname;
const python = join(process.env.PROFLAB_VENV ?? join(root, ".venv"), "bin/python");
const skip = !existsSync(python) && process.env.REQUIRE_BPF !== "1" && "no venv here";
const folder = mkdtempSync(join(tmpdir(), "proflab-python-"));
after(() => rmSync(folder, { recursive: true }));
const data = richProfile();
const frame = ProfileFrame.fromProfile(data);
const run = (program: string) =>
  JSON.parse(execFileSync(python, ["-c", program], { encoding: "utf8", cwd: folder }));
/** Rows of these columns as they are compared: sorted texts. */
const NAMES = [
  "pid",
  "tid",
  "process",
  "comm",
  "stack",
  "leaf",
  "module",
  "kind",
  "samples",
  "time_ms",
  "end",
];
const inOrder = (rows: unknown[][]) => rows.map((row) => JSON.stringify(row)).sort();
const expected = () => {
  const columns = NAMES.map((name) => frame.column(name).values as unknown[]);
  return inOrder(columns[0].map((_, row) => columns.map((column) => column[row])));
};

test("pyarrow reads our Arrow, and we read what it makes of it", { skip }, async () => {
  frame.toArrow(join(folder, "ours.arrows"));
  const out = run(`
import json, pyarrow as pa, pyarrow.ipc as ipc
table = ipc.open_stream("ours.arrows").read_all()
table.validate(full=True)
names = ${JSON.stringify(NAMES)}
with ipc.new_file("theirs.arrow", table.schema) as file: file.write_table(table, max_chunksize=2)
plain = pa.table({ "stack": pa.array(table["stack"].to_pylist(), pa.large_string()), "samples": table["samples"].cast(pa.uint16()) })
with ipc.new_stream("plain.arrows", plain.schema) as file: file.write_table(plain)
with ipc.new_file("packed.arrow", table.schema, options=ipc.IpcWriteOptions(compression="zstd")) as file: file.write_table(table)
print(json.dumps({
  "rows": [[row[name] for name in names] for row in table.to_pylist()],
  "at_ms": sorted(t for row in table.to_pylist() for t in row["sample_at_ms"]),
  "meta": json.loads(table.schema.metadata[b"proflab"])["meta"]["accounting"],
}))`);
  assert.deepEqual(inOrder(out.rows), expected());
  assert.deepEqual(out.at_ms, Array.from(data.samples.atMs));
  assert.deepEqual(out.meta, data.meta.accounting);
  const theirs = await readProfile(join(folder, "theirs.arrow"));
  assert.deepEqual(totals(theirs.profile, ["tid", "stack"]), totals(data, ["tid", "stack"]));
  assert.deepEqual(frameWords(theirs.profile), frameWords(data));
  assert.equal((await readProfile(join(folder, "plain.arrows"))).toFolded(), frame.toFolded());
  await assert.rejects(readProfile(join(folder, "packed.arrow")), {
    name: "FormatError",
    message: /packed\.arrow: byte \d+: expected uncompressed buffers: .* in pyarrow with compression=None/,
  });
});

test("Python's csv, pyarrow and DuckDB read our CSV", { skip }, () => {
  frame.toCSV({ filePath: join(folder, "stacks.csv") });
  const out = run(`
import csv, duckdb, json, pyarrow.csv
names = ${JSON.stringify(NAMES)}
numbers = {"pid": int, "tid": int, "samples": int, "time_ms": float}
with open("stacks.csv", newline="") as file:
  plain = [[numbers.get(name, str)(row[name]) for name in names] for row in csv.DictReader(file)]
arrow = [[row[name] for name in names] for row in pyarrow.csv.read_csv("stacks.csv").to_pylist()]
columns = ", ".join('"' + name + '"' for name in names)
duck = duckdb.sql("select " + columns + " from read_csv('stacks.csv')").fetchall()
print(json.dumps([plain, arrow, duck]))`);
  for (const rows of out) assert.deepEqual(inOrder(rows), expected());
  assert.match(readFileSync(join(folder, "stacks.csv"), "utf8"), /"main;std::map<int, int>/);
});
