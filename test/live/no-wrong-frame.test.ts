import assert from "node:assert/strict";
import { test } from "node:test";
import { profile } from "../../kernel/index.js";
import { CALL_GRAPHS, type CallGraph, offence } from "../helpers/call-graphs.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";
import { countedStacks, sum, worst } from "../helpers/stack-ends.js";
import { Workload } from "../helpers/workload.js";

/** Samples of all programs together, none of which may be wrong. */
const SAMPLES = 20_000;
/** For each program; one is enough on a machine that is not busy otherwise. */
const MOST_WINDOWS = 10;
/** Share of each program's samples that must show one of its functions: else nothing would be tested. */
const WITH_OWN = 0.6;

ownRuntimeDirectory();

for (const graph of CALL_GRAPHS)
  test(`each chain of the program's own functions is a path in its call graph: ${graph.name}`, async () => {
    const workload = await Workload.busy([graph.program()]);
    try {
      let samples = 0;
      for (let window = 0; samples < SAMPLES / CALL_GRAPHS.length; window++) {
        assert.ok(window < MOST_WINDOWS, `${samples} samples in ${MOST_WINDOWS} windows`);
        samples += await checkedSamples(graph, workload.pid);
      }
    } finally {
      await workload.close();
    }
  });

/** Opens a window on a program, and counts the samples in it when none of them is wrong. */
async function checkedSamples(graph: CallGraph, pid: number): Promise<number> {
  const frame = await profile({ pid, frequency: 4999, duration: "2s" });
  assert.deepEqual(frame.meta.accounting.dropped, {});
  const stacks = countedStacks(frame);
  const own = stacks.filter((stack) => stack.text.split(";").some(graph.ownFunction));
  assert.ok(sum(own) > WITH_OWN * sum(stacks), `${sum(own)} of ${sum(stacks)} show its functions`);
  const offences = stacks.map((stack) => offence(graph, stack.text, stack.end === "complete"));
  const wrong = stacks.filter((_, row) => offences[row] !== undefined);
  const what = [...new Set(offences.filter((text) => text !== undefined))].join(", ");
  assert.equal(sum(wrong), 0, `${sum(wrong)} of ${sum(stacks)} samples: ${what}\n${worst(frame, wrong)}`);
  return sum(stacks);
}
