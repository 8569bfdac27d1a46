import assert from "node:assert/strict";
import test from "node:test";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { samples } from "../../helpers/samples.js";

test("100,000 rows", { timeout: 60_000 }, (t) => {
  const count = 100_000;
  const { frames, threads, meta } = samples("main\nparse\nread[kind:kernel]\nlex");
  const big = {
    samples: {
      atMs: new Float64Array(count),
      cpu: new Int32Array(count),
      thread: new Int32Array(count),
      stack: Int32Array.from({ length: count }, (_, i) => i),
      weight: new Float64Array(count).fill(1e6),
    },
    stacks: {
      id: new BigInt64Array(count),
      offsets: Int32Array.from({ length: count + 1 }, (_, i) => 20 * i),
      frames: Int32Array.from({ length: 20 * count }, (_, i) => (i * 7919) % frames.name.length),
      end: new Array<string>(count).fill("complete"),
    },
    frames,
    threads,
    meta,
  };
  const timed = <T>(what: string, work: () => T): T => {
    const start = performance.now();
    const result = work();
    t.diagnostic(`${what}: ${(performance.now() - start).toFixed(1)} ms`);
    return result;
  };
  const frame = timed("fromProfile", () => ProfileFrame.fromProfile(big));
  timed("groupby comm, leaf", () => frame.groupby(["comm", "leaf"]).col(["samples"]).sum());
  timed("query", () => frame.query(frame.samples.gt(0)));
  timed("sortValues", () => frame.sortValues(["leaf", "samples"], { ascending: [true, false] }));
  timed("flamegraph", () => frame.flamegraph());
  assert.equal(timed("rows of danfojs", () => frame.values).length, count);
});
