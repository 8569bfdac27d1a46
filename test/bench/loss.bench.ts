import { availableParallelism } from "node:os";
import { profile } from "../../kernel/index.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";
import { Workload } from "../helpers/workload.js";
import { WORKLOADS } from "../helpers/workloads.js";
import { exitOnSignals } from "./exit-on-signals.js";
import { table } from "./statistics.js";

/** Samples lost of the whole machine while every CPU is busy with deep stacks. */
const FREQUENCY_HZ = 997;
const SECONDS = Number(process.argv[2] ?? 60);

exitOnSignals();
ownRuntimeDirectory();
const busy: Workload[] = [];
try {
  const [deep] = WORKLOADS;
  for (let i = 0; i < availableParallelism(); i++) busy.push(await Workload.busy(deep.command() as string[]));
  const { meta } = await profile({ frequency: FREQUENCY_HZ, duration: `${SECONDS}s` });
  const { ticks, samples, filtered, dropped } = meta.accounting;
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  process.stdout.write(`
the whole machine, ${SECONDS} s at ${FREQUENCY_HZ} Hz, ${busy.length} CPUs busy 42 calls deep. To reach: none lost.

${table([
  ["ticks", "samples", "filtered", "lost", "bytes a sample"],
  [
    String(ticks),
    String(samples),
    JSON.stringify(filtered),
    `${lost} ${lost > 0 ? JSON.stringify(dropped) : ""}`,
    (meta.ringBytes / samples).toFixed(0),
  ],
])}
`);
} finally {
  await Promise.all(busy.map((workload) => workload.close()));
}
