import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect } from "node:util";
import { jupyterDisplay } from "../../kernel/display/mime.js";
import { profile } from "../../kernel/index.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";
import { Workload } from "../helpers/workload.js";

ownRuntimeDirectory();
let workload: Workload;
before(async () => {
  workload = await Workload.fromC("notebooks/workloads/three-threads.c");
});
after(() => workload.close());

test("a ring buffer too small loses samples, and each one is counted and shown", async () => {
  const frame = await profile({ pid: workload.pid, duration: "1s", ringBytes: 4096, drainIntervalMs: 300 });
  const { ticks, samples, filtered, dropped } = frame.meta.accounting;
  const lost = dropped["ring-full"];
  assert.ok(lost > 100, `${lost} dropped`);
  assert.ok(samples > 0);
  assert.equal(samples + Object.values(filtered).reduce((a, b) => a + b, 0) + lost, ticks);
  assert.deepEqual(Object.keys(dropped), ["ring-full"]);
  const shown = (await frame[jupyterDisplay]()) as Record<string, string>;
  const count = lost.toLocaleString("en");
  for (const text of [shown["text/html"], shown["text/plain"], inspect(frame)])
    assert.ok(text.includes(count), text);
});
