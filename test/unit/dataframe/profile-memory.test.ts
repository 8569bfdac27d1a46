import assert from "node:assert/strict";
import test from "node:test";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { encodeResultTables } from "../../../bpf/sampler/result-tables.js";
import { profileDataFromTables } from "../../../kernel/dataframe/arrow.js";
import type { ProfileData } from "../../../kernel/dataframe/profile-data.js";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { seeded } from "../../helpers/mutate.js";
import { randomProfile } from "../../helpers/random-profile.js";

const SAMPLES = 200_000;
const SHAPE = { samples: SAMPLES, stacks: 2000, functions: 300, threads: 20, maxDepth: 10 };

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

async function heldBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await setTimeout(10);
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A profile of the sampler, and one whose columns are as a file's reader or a verb makes them. */
const SOURCES: Record<string, () => ProfileData> = {
  "the sampler": () => {
    const profile = randomProfile(seeded(11), SHAPE);
    return profileDataFromTables(encodeResultTables(profile), profile.meta);
  },
  "a file": () => randomProfile(seeded(11), SHAPE),
};

for (const [source, make] of Object.entries(SOURCES))
  test(`a frame of ${source} holds its samples packed, whatever was asked of it`, async (t) => {
    const before = await heldBytes();
    const frame = ProfileFrame.fromProfile(make());
    const rows = frame.shape[0];
    const asked = async () => {
      const top = frame.top(3).toJSON();
      const shown = String(frame.head(5));
      const few = frame.query(frame.column("samples").gt(3)).flamegraph();
      const table = frame.table("samples").describe().toJSON();
      return { top, shown, few, table };
    };
    const first = await asked();
    const held = (await heldBytes()) - before;
    t.diagnostic(`${(held / SAMPLES).toFixed(1)} bytes a sample`);
    assert.ok(held < 20 * SAMPLES, `${held / SAMPLES} bytes a sample`); // 28 as they are used, and 4 of the row of each
    assert.deepEqual(await asked(), first);
    assert.equal(frame.shape[0], rows);
  });

test("what is packed is what it was: times, unknown CPUs, weights of any kind", () => {
  const profile = randomProfile(seeded(12), { ...SHAPE, samples: 1000 });
  const { samples } = profile;
  const odd = {
    whole: samples.atMs,
    broken: samples.atMs.map((ms) => ms / 3),
    unknown: new Float64Array(1000).fill(Number.NaN),
    unordered: samples.atMs.map((_, i) => samples.atMs[999 - i]),
  };
  for (const atMs of Object.values(odd)) {
    const given = { ...samples, atMs, cpu: samples.cpu.map((cpu) => cpu - 1), weight: atMs.map((ms) => -ms) };
    const frame = ProfileFrame.fromProfile({ ...profile, samples: given });
    assert.deepEqual(frame.profile.samples, given);
    assert.ok(frame.shape[0] > 0); // packed now
    assert.deepEqual(frame.profile.samples, given);
  }
});
