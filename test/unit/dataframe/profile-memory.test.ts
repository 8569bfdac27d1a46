import assert from "node:assert/strict";
import test from "node:test";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { encodeResultTables } from "../../../bpf/sampler/result-tables.js";
import { profileDataFromTables } from "../../../kernel/dataframe/arrow.js";
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

test("a frame holds its samples packed, whatever was asked of it", async (t) => {
  const profile = randomProfile(seeded(11), SHAPE);
  const before = await heldBytes();
  const frame = ProfileFrame.fromProfile(profileDataFromTables(encodeResultTables(profile), profile.meta));
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
