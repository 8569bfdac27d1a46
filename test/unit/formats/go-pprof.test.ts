import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { readProfile } from "../../../kernel/dataframe/read-profile.js";
import { byName, functionTotals, richProfile } from "../../helpers/profile-files.js";
import { build, programs } from "../../helpers/workload-tools.js";

const skip = programs("go").length === 0 && "go is missing; scripts/workload-tools installs it";

/** Self and total of each function as `go tool pprof` counts them, in the unit of the sample type. */
function goTop(file: string, sampleType: string, unit: string): Map<string, [number, number]> {
  const options = [
    "-top",
    "-nodecount=10000",
    "-nodefraction=0",
    `-sample_index=${sampleType}`,
    `-unit=${unit}`,
  ];
  const output = execFileSync("go", ["tool", "pprof", ...options, file], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const found = new Map<string, [number, number]>();
  for (const line of output.slice(output.indexOf("cum%")).split("\n").slice(1)) {
    const match =
      /^\s*([\d.]+)\D*?\s+[\d.]+%\s+[\d.]+%\s+([\d.]+)\D*?\s+[\d.]+%\s+(.*?)(?: \(inline\))?$/.exec(line);
    if (match) found.set(match[3], [Number(match[1]), Number(match[2])]);
  }
  return found;
}

test("go tool pprof reads what we write, and counts the same", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "pprof-"));
  const file = join(folder, "profile.pb.gz");
  const frame = ProfileFrame.fromProfile(richProfile());
  const bytes = frame.toPprof(file);
  assert.deepEqual(readFileSync(file), Buffer.from(bytes));
  assert.deepEqual(byName(goTop(file, "samples", "count")), byName(functionTotals(frame)));
  const raw = execFileSync("go", ["tool", "pprof", "-raw", file], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  assert.match(raw, /^PeriodType: cpu nanoseconds\nPeriod: 1000000$/m);
  assert.match(raw, /^samples\/count cpu\/nanoseconds$/m);
  assert.match(raw, /comm:\[gc\] end:\[no-table\] process:\[web\]\n\s+pid:\[5\] tid:\[8\]/);
  assert.match(raw, /^1: \S+ \/bin\/web {2}\[FN\]\[FL\]\[LN\]\[IN\]$/m, "the program is the first mapping");
  // Only what is left of a frame leaves with it.
  const kernel = frame.query(frame.kind.eq("kernel"));
  writeFileSync(file, kernel.toPprof());
  assert.deepEqual(
    Array.from(goTop(file, "samples", "count").keys()).sort(),
    Array.from(functionTotals(kernel).keys()).sort(),
  );
});

test("we read what Go writes, and count as go tool pprof does", { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "pprof-"));
  const [cpu, heap] = [join(folder, "cpu.txt"), join(folder, "heap.json")]; // names say nothing
  execFileSync(
    build("pprof", ["pprof.go"], ["env", "GO111MODULE=off", "go", "build", "-o", "{out}", "pprof.go"]),
    [cpu, heap],
  );
  const sampled = await readProfile(cpu);
  assert.equal(sampled.meta.source?.format, "pprof");
  assert.deepEqual([sampled.meta.event, sampled.meta.period], ["cpu", 1e7]);
  assert.deepEqual(byName(functionTotals(sampled)), byName(goTop(cpu, "samples", "count")));
  assert.ok((functionTotals(sampled).get("main.spin")?.[1] ?? 0) > 10);
  const ms = (sampled.time_ms.values as number[]).reduce((sum, value) => sum + value, 0);
  assert.equal(ms, 10 * sampled.meta.accounting.samples);

  for (const sampleType of ["inuse_space", "alloc_objects"]) {
    const allocated = await readProfile(heap, { sampleType });
    const unit = sampleType === "inuse_space" ? "bytes" : "count";
    assert.deepEqual(byName(functionTotals(allocated)), byName(goTop(heap, sampleType, unit)), sampleType);
  }
  const allocated = await readProfile(heap);
  assert.equal(allocated.meta.event, "inuse_space");
  assert.ok((functionTotals(allocated).get("main.allocate")?.[0] ?? 0) >= 32 << 20);
  assert.deepEqual(new Set(allocated.time_ms.values as number[]), new Set([Number.NaN]));
  await assert.rejects(readProfile(heap, { sampleType: "cpu" }), {
    name: "FormatError",
    message: /heap\.json: byte \d+: expected sampleType to be one of alloc_objects, .*, got cpu/,
  });
});
