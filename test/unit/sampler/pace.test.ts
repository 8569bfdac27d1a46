import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../../bpf/sampler/pace.js";

test("work for processes that make it costly takes a twentieth of the time, and nobody else waits", () => {
  let nowMs = 0;
  const pace = new Pace(() => nowMs);
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
