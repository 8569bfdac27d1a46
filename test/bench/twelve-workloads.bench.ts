import { setFlagsFromString } from "node:v8";
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
  const before = used();
  const running = await profile.start({ pid, frequency: FREQUENCY_HZ });
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  // The programs go with the window, and their count with them: it is read just before.
  const inKernel = bpfSecondsOf(sampler);
  const { meta } = await running.stop();
  const cpuSeconds = cpuSecondsOf(sampler) + ownCpuSeconds() + inKernel - before;
  const { samples } = meta.accounting;
  return { samples, cpuSeconds, bytesPerSample: meta.ringBytes / samples };
}

/** `perf record` and `perf script`: what perf does in the sampled thread's time, copying stacks, counts for nothing. */
async function perf(pid: number, callGraph: PerfCallGraph): Promise<{ plain: Cost; inlined: Cost }> {
  const run = await perfRecord(pid, FREQUENCY_HZ, SECONDS, callGraph);
  const { samples, recordSeconds, scriptSeconds, scriptInlinedSeconds } = run;
  const bytesPerSample = run.bytes / samples;
  const cost = (script: number): Cost => ({ samples, cpuSeconds: recordSeconds + script, bytesPerSample });
  return { plain: cost(scriptSeconds), inlined: cost(scriptInlinedSeconds) };
}

exitOnSignals();
// V8 tidies the heap of any process some seconds after it was busy, twice, whether there is a window or not.
setFlagsFromString("--no-memory-reducer");
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
      const mine = await ours(workload.pid, sampler);
      const dwarf = await perf(workload.pid, "dwarf");
      const fp = await perf(workload.pid, "fp");
      const costs = [mine, dwarf.inlined, dwarf.plain, fp.plain];
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
  const [mine, ...theirs] = values;
  return [
    name,
    ...values.map((value) => value.toFixed(digits)),
    ...theirs.map((value) => ratio(mine, value)),
  ];
}

const total = (of: (cost: Cost) => number) =>
  [0, 1, 2, 3].map((i) => rows.reduce((sum, { costs }) => sum + of(costs[i]), 0));
const mean = (of: (cost: Cost) => number) => total(of).map((sum) => sum / rows.length);
const header = (title: string) => [
  title,
  "profile()",
  "dwarf",
  "no inl.",
  "-g",
  "/ dwarf",
  "/ no inl.",
  "/ -g",
];
process.stdout.write(`
${SECONDS} s at ${FREQUENCY_HZ} Hz on each of ${rows.length} workloads
profile()   sampler, client and BPF programs (by kernel.bpf_stats_enabled, on for all), until the frame is there,
            without what V8 does in the client's heap while it waits
dwarf       perf record --call-graph dwarf, and perf script on it: user and system time of both
no inl.     the same without inlined frames (perf script --no-inline), for which it runs through debug information
-g          perf record -g, and perf script --no-inline
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
