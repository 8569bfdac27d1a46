import assert from "node:assert/strict";
import test from "node:test";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import type { ProfileOptions } from "../../../kernel/profile/options.js";
import { type RepeatOptions, repeated } from "../../../kernel/profile/repeat.js";
import { samples } from "../../helpers/samples.js";

/** Notes what is asked for, and returns a frame; the third window is interrupted if so wanted. */
function recorder(interruptedAt = 0) {
  const taken: { side: unknown; options: ProfileOptions }[] = [];
  const take = async (side: unknown, options: ProfileOptions) => {
    taken.push({ side, options });
    return ProfileFrame.fromProfile(samples("main", { interrupted: taken.length === interruptedAt }));
  };
  return { taken, take };
}
const sides = { before: { pid: 1 }, after: () => 2 };

test("windows are taken in turn, with the options of both and a folder each", async () => {
  const { taken, take } = recorder();
  const frames = await repeated(take, 3, { ...sides, frequency: 99, recording: "runs/x" });
  assert.deepEqual(
    taken.map(({ options }) => options.recording),
    ["before-1", "after-1", "after-2", "before-2", "before-3", "after-3"].map((name) => `runs/x/${name}`),
  );
  assert.ok(taken.every(({ options }) => options.frequency === 99));
  assert.equal(taken[0].side, sides.before);
  assert.equal(taken[1].side, sides.after);
  assert.deepEqual([frames.before.length, frames.after.length], [3, 3]);
});

test("an interrupt keeps what was taken, and leaves out the rest", async () => {
  const { take } = recorder(3);
  const frames = await repeated(take, 5, sides);
  assert.deepEqual([frames.before.length, frames.after.length], [1, 2]);
});

test("wrong counts and sides are named", async () => {
  const { taken, take } = recorder();
  await assert.rejects(repeated(take, 0, sides), {
    name: "OptionError",
    message: /"count" must be a whole number/,
  });
  await assert.rejects(repeated(take, 2, { before: {} } as RepeatOptions), {
    name: "OptionError",
    message: /"after" must be a function/,
  });
  await assert.rejects(repeated(take, 2, { ...sides, before: { recording: "x" } }), {
    name: "OptionError",
    message: /"before.recording" must be left out/,
  });
  assert.equal(taken.length, 0);
});
