import { profile } from "../../kernel/index.js";
import { ownRuntimeDirectory, samplersOf } from "../helpers/sampler-runtime.js";
import { Workload } from "../helpers/workload.js";
import { bpfSecondsOf, cpuSecondsOf, measureBpfPrograms, ownCpuSeconds } from "./cpu-time.js";
import { exitOnSignals } from "./exit-on-signals.js";
import { perfRecord } from "./perf-command.js";
import { median, spread, table } from "./statistics.js";

/** Samples lost and CPU used by profile() and by `perf record -g`, on the same process, in turns. */
const FREQUENCY_HZ = 997;
const SECONDS = 5;
const PAIRS = 3;

/** A JavaScript stack of 60 functions that is busy at its end. */
const DEEP_NODE = `
  process.stdin.resume().on("end", () => process.exit());
  function burn() { let x = 1; for (let i = 0; i < 2e6; i++) x = (x * 48271) % 2147483647; return x; }
  function down(depth) { return depth === 0 ? burn() : down(depth - 1) + 1; }
  function turn() { down(60); setImmediate(turn); }
  console.log(process.pid);
  turn();`;

interface Run {
  /** Samples per sample expected from the CPU time of the process. */
  gotOfExpected: number;
  samples: number;
  lost: number;
  /** CPU seconds of the profiler's own processes, until its data is written or handed over. */
  sampling: number;
  /** CPU seconds until the addresses have names, too. */
  named: number;
  /** Seconds in the kernel, in the sampled thread's time; perf does not say it. */
  inKernel: number | undefined;
}

/** Runs a profiler and compares its samples with the CPU time that the process had meanwhile. */
async function against(pid: number, run: () => Promise<Omit<Run, "gotOfExpected"> & { seconds: number }>) {
  const [cpuBefore, before] = [cpuSecondsOf(pid), performance.now()];
  let [cpuAfter, after] = [0, 0];
  // The share of CPU while the window is open: what comes after it, naming for one, takes CPU from the process.
  const mark = setTimeout(() => {
    [cpuAfter, after] = [cpuSecondsOf(pid), performance.now()];
  }, SECONDS * 1000);
  const { seconds, ...result } = await run();
  clearTimeout(mark);
  const share = (cpuAfter - cpuBefore) / ((after - before) / 1000);
  return { ...result, gotOfExpected: result.samples / (share * seconds * FREQUENCY_HZ) };
}

function ours(pid: number, sampler: number): Promise<Run> {
  return against(pid, async () => {
    const used = () => cpuSecondsOf(sampler) + ownCpuSeconds();
    const usedBefore = used();
    const running = await profile.start({ pid, frequency: FREQUENCY_HZ });
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
    const inKernel = bpfSecondsOf(sampler);
    const sampling = used() - usedBefore;
    const { meta } = await running.stop();
    return {
      seconds: meta.window.durationMs / 1000,
      samples: meta.accounting.samples,
      lost: Object.values(meta.accounting.dropped).reduce((sum, count) => sum + count, 0),
      sampling,
      named: used() - usedBefore,
      inKernel,
    };
  });
}

function perf(pid: number): Promise<Run> {
  return against(pid, async () => {
    const { samples, lost, recordSeconds, scriptSeconds } = await perfRecord(pid, FREQUENCY_HZ, SECONDS);
    const named = recordSeconds + scriptSeconds;
    return { seconds: SECONDS, samples, lost, sampling: recordSeconds, named, inKernel: undefined };
  });
}

function report(name: string, runs: { ours: Run[]; perf: Run[] }): void {
  const row = (title: string, digits: number, value: (run: Run) => number | undefined) => {
    const [a, b] = [runs.ours, runs.perf].map((side) => side.map(value).filter((v) => v !== undefined));
    const ratio = a.length > 0 && b.length > 0 && median(b) !== 0 ? (median(a) / median(b)).toFixed(2) : "";
    return [title, ...[a, b].map((side) => (side.length > 0 ? spread(side, digits) : "not known")), ratio];
  };
  const rows = [
    [name, "profile()", "perf record -g", "ratio"],
    row("samples", 0, (run) => run.samples),
    row("samples / expected", 3, (run) => run.gotOfExpected),
    row("lost", 0, (run) => run.lost),
    row("CPU s, sampling", 3, (run) => run.sampling),
    row("CPU s, sampling and names", 3, (run) => run.named),
    row("s in the BPF program", 3, (run) => run.inKernel),
    row("CPU s, names and BPF", 3, (run) =>
      run.inKernel !== undefined ? run.named + run.inKernel : undefined,
    ),
  ];
  process.stdout.write(`${table(rows)}\n\n`);
}

async function compare(name: string, workload: Workload, sampler: number): Promise<void> {
  const runs = { ours: [] as Run[], perf: [] as Run[] };
  try {
    for (let pair = 0; pair < PAIRS; pair++) {
      runs.ours.push(await ours(workload.pid, sampler));
      runs.perf.push(await perf(workload.pid));
    }
  } finally {
    await workload.close();
  }
  report(name, runs);
}

exitOnSignals();
const runtime = ownRuntimeDirectory();
const restore = measureBpfPrograms();
try {
  await profile("100ms"); // starts the sampler, which stays
  const [sampler] = samplersOf(runtime);
  process.stdout.write(`${FREQUENCY_HZ} Hz, ${SECONDS} s, ${PAIRS} pairs in turns: median (min..max)

expected    the process's own CPU time during the window, times ${FREQUENCY_HZ}
sampling    profile(): the sampler's process and this client, until the window ends
            perf: user and system time of perf record, with its start and what it writes at the end
names       profile(): all of it, until the frame is there; perf: and perf script
in kernel   profile(): the BPF program by kernel.bpf_stats_enabled (on for both, as is the cost of measuring), without
            the timer's interrupt around it. It fires on every CPU, whoever runs there, and asks only then.
            perf: walking and writing happen in the sampled thread's time too, and nothing counts them.

`);
  await compare("three threads, C", await Workload.fromC("notebooks/workloads/three-threads.c"), sampler);
  await compare("60 frames, Node", await Workload.start(process.execPath, ["-e", DEEP_NODE]), sampler);
} finally {
  restore();
}
