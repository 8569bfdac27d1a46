import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type ProfileFrame, profile } from "../../kernel/index.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";
import { Workload } from "../helpers/workload.js";

ownRuntimeDirectory();

/** What holds of the ends and reasons of any window. */
function check({ meta }: ProfileFrame): void {
  const { ends, stops, reasons, accounting } = meta;
  const sum = Object.values(ends).reduce((all, count) => all + count, 0);
  assert.equal(sum, accounting.samples);
  const fine = ["complete", "kernel-only"];
  assert.deepEqual(
    Object.keys(stops).sort(),
    Object.keys(ends)
      .filter((end) => !fine.includes(end))
      .sort(),
  );
  for (const [end, { samples }] of Object.entries(stops)) assert.ok(samples > 0 && samples <= ends[end], end);
  for (const [reason, { samples, addresses, worst }] of Object.entries(reasons)) {
    assert.ok(samples > 0 && samples <= accounting.samples, reason);
    assert.ok(worst.samples > 0 && worst.samples <= samples, reason);
    assert.ok(worst.addresses > 0 && worst.addresses <= addresses, reason);
  }
}

test("a Node without perf map: code without names is counted, and the result says how to get them", async () => {
  const script = "console.log(process.pid); for (let x = 1; ; ) x = Math.sqrt(x + 2);";
  const workload = await Workload.start(process.execPath, ["-e", script]);
  const frame = await profile({ pid: workload.pid, duration: "700ms" });
  await workload.close();
  check(frame);
  const { samples, worst } = frame.meta.reasons["no-jit-map"];
  assert.equal(worst.module, "[jit]");
  assert.ok(samples > 0.9 * frame.meta.accounting.samples, `${samples} of ${frame.meta.accounting.samples}`);
  assert.match(String(frame), /have frames without a name.* in \[jit\]: .*start node with --perf-basic-prof/);
  assert.match(String(frame.head(1)), /start node with --perf-basic-prof/, "also of a part");
});

test("a stripped program: its file is named as the one that lacks symbols", async () => {
  const folder = mkdtempSync(join(tmpdir(), "proflab-stripped-"));
  const [source, program] = [join(folder, "spin.c"), join(folder, "spin-stripped")];
  writeFileSync(
    source,
    `#include <stdio.h>
     #include <unistd.h>
     static volatile double x;
     int main(void) { printf("%d\\n", getpid()); fflush(stdout); for (;;) x = x * 0.5 + 1; }`,
  );
  execFileSync("cc", ["-O1", "-s", "-o", program, source]);
  const workload = await Workload.start(program, []);
  const frame = await profile({ pid: workload.pid, duration: "500ms" });
  await workload.close();
  rmSync(folder, { recursive: true });
  check(frame);
  const named = Object.values(frame.meta.reasons).find(({ worst }) => worst.module === program);
  assert.ok(named && named.samples > 0.9 * frame.meta.accounting.samples, JSON.stringify(frame.meta.reasons));
  assert.ok(named.addresses >= 1);
  assert.match(String(frame), /have frames without a name in spin-stripped: .*install its debug package/);
});
