import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../../bpf/sampler/pace.js";

test("work for processes that make it costly takes a twentieth of the time, and nobody else waits", () => {
  let nowMs = 0;
  const now = () => nowMs;
  const pace = new Pace(now, now);
  const costMs = new Map([
    [7, 100],
    [8, 40],
    [9, 1],
  ]);
  const spentMs = new Map<number, number>();
  let cheapRuns = 0;
  for (; nowMs < 100_000; nowMs += 5) {
    for (const [pid, cost] of costMs) {
      if (!pace.isDue(pid)) continue;
      pace.run(pid, () => {
        nowMs += cost;
      });
      spentMs.set(pid, (spentMs.get(pid) ?? 0) + cost);
      if (pid === 9) cheapRuns++;
    }
  }
  const costlyMs = (spentMs.get(7) ?? 0) + (spentMs.get(8) ?? 0);
  assert.ok(costlyMs > 1000 && costlyMs < 0.06 * nowMs, `${costlyMs} of ${nowMs} ms`);
  assert.ok(cheapRuns > 10_000, `${cheapRuns} times`);
});

test("work that waited for a CPU is as cheap as it is, and work that somebody waits for is due", () => {
  let nowMs = 0;
  let cpuMs = 0;
  const pace = new Pace(
    () => nowMs,
    () => cpuMs,
  );
  const work = (wallMs: number, usedMs: number) =>
    pace.run(7, () => {
      nowMs += wallMs;
      cpuMs += usedMs;
    });
  work(500, 1);
  assert.ok(pace.isDue(7));
  work(500, 100);
  assert.ok(!pace.isDue(7));
  pace.hurry(7);
  assert.ok(pace.isDue(7));
  work(10, 100); // of threads beside
  nowMs += 250;
  assert.ok(pace.isDue(7));
});
