import assert from "node:assert/strict";
import { test } from "node:test";
import { profile } from "../../kernel/index.js";
import { cpuSecondsOf } from "../bench/cpu-time.js";
import { eventually, ownRuntimeDirectory } from "../helpers/sampler-runtime.js";
import { countedStacks, isWhole, sum, worst } from "../helpers/stack-ends.js";
import { Workload } from "../helpers/workload.js";
import { WORKLOADS } from "../helpers/workloads.js";

/** Least share of samples whose stack reaches its root. */
const WHOLE = 0.995;
/** A window lasts so long, and longer where others leave the program less than so much of a CPU. */
const SECONDS = 5;
const CPU_SECONDS = 1.2;

ownRuntimeDirectory();

for (const program of WORKLOADS)
  test(`whole stacks with the calls that are known: ${program.name}`, async (t) => {
    const command = program.command();
    if (command === undefined) return t.skip(program.remedy ?? "scripts/workload-tools installs it");
    const workload = await Workload.busy(command, program.warmUpSeconds);
    try {
      const cpuSeconds = cpuSecondsOf(workload.pid);
      const running = await profile.start({ pid: workload.pid, frequency: 997 });
      await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
      const hasRun = () => cpuSecondsOf(workload.pid) >= cpuSeconds + CPU_SECONDS;
      await eventually(`the program has run for ${CPU_SECONDS} s`, hasRun);
      const frame = await running.stop();
      const stacks = countedStacks(frame);
      const samples = frame.meta.accounting.samples;
      assert.ok(samples > 1000, `${samples} samples`);
      const broken = stacks.filter((stack) => !isWhole(stack));
      const whole = 1 - sum(broken) / samples;
      t.diagnostic(`${(100 * whole).toFixed(2)} % of ${samples} samples are whole`);
      assert.ok(
        whole >= WHOLE,
        `${percent(whole)} of ${samples} are whole. The rest:\n${worst(frame, broken)}`,
      );
      for (const { has, share } of program.chains) {
        const without = stacks.filter((stack) => !has.isIn(stack.text.split(";")));
        const got = 1 - sum(without) / samples;
        const wanted = `${percent(share)} of ${samples} samples should have ${has}, ${percent(got)} do`;
        assert.ok(got >= share, `${wanted}. The others:\n${worst(frame, without)}`);
      }
    } finally {
      await workload.close();
    }
  });

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
