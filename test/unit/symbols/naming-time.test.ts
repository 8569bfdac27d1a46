import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_PROCESS_MS, NamingTime } from "../../../bpf/symbols/naming-time.js";

test("waiting for a CPU is no time of the files, and is left out once", () => {
  const clock = { nowMs: 0, waitedMs: 0 };
  const time = new NamingTime(
    () => clock.nowMs,
    () => clock.waitedMs,
  );
  time.beginWindow();
  const work = (tookMs: number, waitedMs: number) =>
    time.run(1, () => {
      clock.nowMs += tookMs;
      clock.waitedMs += waitedMs;
    });
  work(MAX_PROCESS_MS, MAX_PROCESS_MS - 100);
  assert.ok(!time.isOver(1), "100 ms of it were work");
  work(MAX_PROCESS_MS - 101, 0);
  assert.ok(!time.isOver(1));
  work(1, 0);
  assert.ok(time.isOver(1));
  assert.ok(!time.isOver(2), "another process has its own time");
  time.beginWindow();
  assert.ok(!time.isOver(1));
});
