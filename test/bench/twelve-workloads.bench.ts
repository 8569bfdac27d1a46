import { profile } from "../../kernel/index.js";
import { ownRuntimeDirectory, samplersOf } from "../helpers/sampler-runtime.js";
import { Workload } from "../helpers/workload.js";
import { WORKLOADS } from "../helpers/workloads.js";
import { bpfSecondsOf, cpuSecondsOf, measureBpfPrograms, ownCpuSeconds } from "./cpu-time.js";
import { exitOnSignals } from "./exit-on-signals.js";
import { type PerfCallGraph, perfRecord } from "./perf-command.js";
import { ratio, table } from "./statistics.js";

/** CPU seconds and bytes a sample of profile() and of perf, on each of the workloads, in turns. */
const FREQUENCY_HZ = 997;
const SECONDS = Number(process.argv[2] ?? 10);

interface Cost {
  samples: number;
  cpuSeconds: number;
  bytesPerSample: number;
}

/** The sampler's process, this client until it has the frame, and the BPF programs. */
async function ours(pid: number, sampler: number): Promise<Cost> {
  const used = () => cpuSecondsOf(sampler) + ownCpuSeconds() + bpfSecondsOf(sampler);
  const running = await profile.start({ pid, frequency: FREQUENCY_HZ });
  const before = used();
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  // The programs go with the window, and their count with them: it is read just before.
  const inKernel = bpfSecondsOf(sampler);
  const { meta } = await running.stop();
  const cpuSeconds = cpuSecondsOf(sampler) + ownCpuSeconds() + inKernel - before;
  const { samples } = meta.accounting;
  return { samples, cpuSeconds, bytesPerSample: meta.ringBytes / samples };
}

/** `perf record` and `perf script`: what perf does in the sampled thread's time, copying stacks, counts for nothing. */
async function perf(pid: number, callGraph: PerfCallGraph): Promise<Cost> {
  const run = await perfRecord(pid, FREQUENCY_HZ, SECONDS, callGraph);
  const cpuSeconds = run.recordSeconds + run.scriptSeconds;
  return { samples: run.samples, cpuSeconds, bytesPerSample: run.bytes / run.samples };
}

exitOnSignals();
const runtime = ownRuntimeDirectory();
const restore = measureBpfPrograms();
const rows: { name: string; costs: Cost[] }[] = [];
try {
  await profile("100ms"); // starts the sampler, which stays
  const [sampler] = samplersOf(runtime);
  for (const { name, command, warmUpSeconds, benched } of WORKLOADS) {
    const found = benched ? command() : undefined;
    if (benched && found === undefined) process.stdout.write(`${name}: this machine has it not\n`);
    if (found === undefined) continue;
    const workload = await Workload.busy(found, warmUpSeconds);
    try {
      const costs = [
        await ours(workload.pid, sampler),
        await perf(workload.pid, "dwarf"),
        await perf(workload.pid, "fp"),
      ];
      rows.push({ name, costs });
      process.stderr.write(`${name}: ${costs.map(({ cpuSeconds }) => cpuSeconds.toFixed(2)).join(", ")} s\n`);
    } finally {
      await workload.close();
    }
  }
} finally {
  restore();
}

function line(name: string, digits: number, values: readonly number[]): string[] {
  const [mine, dwarf, fp] = values;
  return [name, ...values.map((value) => value.toFixed(digits)), ratio(mine, dwarf), ratio(mine, fp)];
}

const total = (of: (cost: Cost) => number) =>
  [0, 1, 2].map((i) => rows.reduce((sum, { costs }) => sum + of(costs[i]), 0));
const mean = (of: (cost: Cost) => number) => total(of).map((sum) => sum / rows.length);
const header = (title: string) => [title, "profile()", "perf dwarf", "perf -g", "/ dwarf", "/ -g"];
process.stdout.write(`
${SECONDS} s at ${FREQUENCY_HZ} Hz on each of ${rows.length} workloads
profile()   sampler, client and BPF programs (by kernel.bpf_stats_enabled, on for all), until the frame is there
perf        perf record --call-graph dwarf | -g, and perf script --no-inline on it: user and system time of both.
            What perf does in the sampled thread's time is not counted.

${table([
  header("CPU s"),
  ...rows.map(({ name, costs }) =>
    line(
      name,
      2,
      costs.map(({ cpuSeconds }) => cpuSeconds),
    ),
  ),
  line(
    "all; to reach: 1/10 of dwarf, 1 of -g",
    2,
    total(({ cpuSeconds }) => cpuSeconds),
  ),
])}

${table([
  header("bytes a sample"),
  ...rows.map(({ name, costs }) =>
    line(
      name,
      0,
      costs.map(({ bytesPerSample }) => bytesPerSample),
    ),
  ),
  line(
    "mean; to reach: 1/25 of dwarf",
    0,
    mean(({ bytesPerSample }) => bytesPerSample),
  ),
])}

${table([
  header("samples"),
  ...rows.map(({ name, costs }) =>
    line(
      name,
      0,
      costs.map(({ samples }) => samples),
    ),
  ),
])}
`);
