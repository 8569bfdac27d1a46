import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readProfile } from "../../../kernel/dataframe/read-profile.js";
import { functionTotals } from "../../helpers/profile-files.js";

const PROGRAM = `
  function spin(ms) { const end = Date.now() + ms; let x = 0; while (Date.now() < end) x += Math.sqrt(x + 1); return x; }
  function outer() { return spin(300) + (() => spin(100))(); }
  outer();
  setTimeout(() => {}, 200);
`;

test("a profile that V8 wrote has its samples, times and places", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cpuprofile-"));
  const file = join(folder, "x");
  execFileSync(process.execPath, [
    "--cpu-prof",
    "--cpu-prof-dir",
    folder,
    "--cpu-prof-name",
    "x",
    "-e",
    PROGRAM,
  ]);
  const raw = JSON.parse(readFileSync(file, "utf8")) as {
    nodes: { id: number; callFrame: { functionName: string }; hitCount: number }[];
    samples: number[];
    startTime: number;
    endTime: number;
  };
  const frame = await readProfile(file);
  assert.equal(frame.meta.source?.format, "cpuprofile");
  const name = new Map(raw.nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const own = new Map<string, number>();
  for (const id of raw.samples) own.set(name.get(id)!, (own.get(name.get(id)!) ?? 0) + 1);
  const totals = functionTotals(frame);
  for (const function_ of ["spin", "(program)"])
    assert.equal(totals.get(function_)?.[0], own.get(function_), function_);
  assert.ok((totals.get("outer")?.[1] ?? 0) >= 0.9 * (totals.get("spin")?.[0] ?? 0));
  assert.equal(frame.meta.accounting.samples, raw.samples.length - (own.get("(idle)") ?? 0));
  assert.ok((own.get("(idle)") ?? 0) > 0 && frame.meta.notes.some((note) => note.includes("were idle")));

  const spinning = frame.query((row) => row.leaf === "spin");
  const ms = (spinning.time_ms.values as number[]).reduce((sum, value) => sum + value, 0);
  assert.ok(ms > 300 && ms < 10_000, `${ms} ms of spinning`);
  assert.deepEqual(new Set(spinning.kind.values as string[]), new Set(["jit"]));
  const row = frame.profile.frames.name.indexOf("spin");
  assert.deepEqual([frame.profile.frames.file[row], frame.profile.frames.line[row]], ["[eval]", 2]);
  const { durationMs } = frame.meta.window;
  assert.equal(durationMs, (raw.endTime - raw.startTime) / 1e3);
  const at = frame.profile.samples.atMs;
  assert.ok(at.every((ms, i) => ms >= 0 && ms <= durationMs && (i === 0 || ms >= at[i - 1])));
});
