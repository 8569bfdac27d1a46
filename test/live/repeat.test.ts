import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { compare, profile } from "../../kernel/index.js";

function busy(milliseconds: number): number {
  const end = performance.now() + milliseconds;
  let sum = 0;
  while (performance.now() < end) sum += Math.sqrt(sum + 1);
  return sum;
}

test("repeated windows of functions are sampled, saved, compared, and replayed equal", async () => {
  const folder = mkdtempSync(join(tmpdir(), "proflab-repeat-"));
  try {
    const options = {
      before: () => busy(300),
      after: () => busy(600),
      ...{ frequency: 499, progress: false, recording: join(folder, "busy") },
    };
    const { before, after } = await profile.repeat(2, options);
    const live = compare(before, after, { of: "total" });
    assert.equal(live.meta.over, "windows");
    assert.deepEqual([live.meta.before.windows, live.meta.after.windows], [2, 2]);
    assert.ok(live.meta.before.samples > 0 && live.meta.differenceMs > 0, String(live));
    assert.deepEqual(readdirSync(join(folder, "busy")).sort(), [
      "after-1",
      "after-2",
      "before-1",
      "before-2",
    ]);
    const again = await profile.repeat(2, { ...options, replay: "always" });
    assert.deepEqual(compare(again.before, again.after, { of: "total" }).toJSON(), live.toJSON());
  } finally {
    rmSync(folder, { recursive: true });
  }
});
