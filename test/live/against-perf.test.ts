import assert from "node:assert/strict";
import { test } from "node:test";
import { profile } from "../../kernel/index.js";
import { CALL_GRAPHS } from "../helpers/call-graphs.js";
import { errorOfDifference, type Heat, heat, hottest } from "../helpers/hottest.js";
import { perfDwarf } from "../helpers/perf-dwarf.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";
import { countedStacks } from "../helpers/stack-ends.js";
import { Workload } from "../helpers/workload.js";
import { callGraphInSmallFrames } from "../helpers/workloads.js";

const FREQUENCY_HZ = 997;
const SECONDS = 6;
const HOTTEST = 10;
/** Of each profiler; an idle machine gives four times as many. */
const LEAST_SAMPLES = 1500;
/**
 * A share may differ from perf's by so many standard errors of the difference of two independent samples.
 *
 * At 6,000 samples each, 4.5 are 4.1 points of a share of one half and 1.2 points of one of a fiftieth. Of 20 shares one
 * is further off by chance in 7,000 runs.
 */
const MARGIN = 4.5;

ownRuntimeDirectory();

test("the ten hottest functions agree with perf record --call-graph dwarf, at the same time on the same process", async (t) => {
  const [graph] = CALL_GRAPHS;
  const workload = await Workload.busy([callGraphInSmallFrames()]);
  try {
    const [theirStacks, frame] = await Promise.all([
      perfDwarf(workload.pid, FREQUENCY_HZ, SECONDS),
      profile({ pid: workload.pid, frequency: FREQUENCY_HZ, duration: `${SECONDS}s` }),
    ]);
    const isCounted = (name: string) =>
      name !== "[unknown]" && (name in graph.calls || graph.ownFunction(name) !== undefined);
    const [ourCount, theirCount] = [frame.meta.accounting.samples, theirStacks.length];
    assert.ok(Math.min(ourCount, theirCount) > LEAST_SAMPLES, `${ourCount} and ${theirCount} samples`);
    const [ours, theirs] = [heat(countedStacks(frame), isCounted), heat(theirStacks, isCounted)];
    for (const kind of ["self", "inclusive"] as const) {
      const wrong: string[] = [];
      for (const name of hottest(theirs, kind, HOTTEST)) {
        const [a, b] = [count(ours, name, kind), count(theirs, name, kind)];
        const margin = MARGIN * errorOfDifference(a, ourCount, b, theirCount);
        const line = `${name} ${kind}: ${percent(a / ourCount)}, perf ${percent(b / theirCount)} ± ${percent(margin)}`;
        t.diagnostic(line);
        if (Math.abs(a / ourCount - b / theirCount) > margin) wrong.push(line);
      }
      assert.deepEqual(wrong, []);
      assert.ok(
        hottest(theirs, kind, HOTTEST).length >= (kind === "self" ? 9 : HOTTEST),
        "too few functions",
      );
    }
  } finally {
    await workload.close();
  }
});

function count(heats: ReadonlyMap<string, Heat>, name: string, kind: keyof Heat): number {
  return heats.get(name)?.[kind] ?? 0;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
