import assert from "node:assert/strict";
import { test } from "node:test";
import { onlineCpus, parseCpuList, possibleCpuCount } from "../src/index.js";

test("CPU lists", () => {
  assert.deepEqual(parseCpuList("0\n"), [0]);
  assert.deepEqual(parseCpuList("0-3,8,10-11\n"), [0, 1, 2, 3, 8, 10, 11]);
  assert.deepEqual(parseCpuList("\n"), []);
  for (const text of ["a", "1-", "-1", "3-1", "0,,1", "0x1"])
    assert.throws(() => parseCpuList(text), RangeError, text);
});

test("this machine's CPUs", () => {
  const online = onlineCpus();
  assert.ok(online.length >= 1 && online.length <= possibleCpuCount());
});
