import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { profile } from "../../kernel/index.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";
import { Workload } from "../helpers/workload.js";
import { WORKLOADS } from "../helpers/workloads.js";
import { exitOnSignals } from "./exit-on-signals.js";
import { type PerfCallGraph, timed } from "./perf-command.js";
import { ratio, table } from "./statistics.js";

/** From the end of a machine-wide window until the frame is there, and `perf script` of the same windows. */
const FREQUENCY_HZ = 99;
const SECONDS = Number(process.argv[2] ?? 10);
const WINDOWS = 3;
/** What is busy meanwhile: several kinds of stack, more than there are CPUs. */
const BUSY = /^(C\+\+|Rust|Go$|dd|Debian's|Node, )/;

const CALL_GRAPHS: readonly PerfCallGraph[] = ["dwarf", "fp"];

const busy: Workload[] = [];

interface Run {
  samples: number;
  oursMs: number;
  /** Wall time of `perf script` of a recording of the same window. */
  theirsMs: number[];
}

async function run(folder: string): Promise<Run> {
  const files = CALL_GRAPHS.map((callGraph) => join(folder, callGraph));
  const event = ["-a", "-e", "cpu-clock", "-F", String(FREQUENCY_HZ), "--no-bpf-event"];
  const running = await profile.start({ frequency: FREQUENCY_HZ });
  // While our programs are there: perf 6.1 cannot read its own record of a program that is loaded or goes (KSYMBOL).
  const length = ["--", "sleep", String(SECONDS)];
  await Promise.all(
    CALL_GRAPHS.map((callGraph, i) =>
      timed(["perf", "record", "-q", ...event, "--call-graph", callGraph, "-o", files[i], ...length]),
    ),
  );
  // What is busy would take half of the CPUs from whoever makes the result, theirs and ours.
  signalAll("SIGSTOP");
  const end = performance.now();
  const frame = await running.stop();
  const oursMs = performance.now() - end;
  const theirsMs: number[] = [];
  for (const file of files) {
    const start = performance.now();
    await timed(["perf", "script", "-i", file, "-F", "comm,tid,time,ip,sym", "--no-inline"]);
    theirsMs.push(performance.now() - start);
  }
  signalAll("SIGCONT");
  return { samples: frame.meta.accounting.samples, oursMs, theirsMs };
}

function signalAll(signal: NodeJS.Signals): void {
  for (const { child } of busy) child.kill(signal);
}

exitOnSignals();
ownRuntimeDirectory();
const folder = mkdtempSync(join(tmpdir(), "proflab-perf-"));
try {
  for (const { name, command, warmUpSeconds } of WORKLOADS) {
    const found = BUSY.test(name) ? command() : undefined;
    if (found) busy.push(await Workload.busy(found, warmUpSeconds));
  }
  const rows = [["window", "samples", "profile() ms", "perf dwarf ms", "perf -g ms", "/ dwarf", "/ -g"]];
  for (let i = 0; i < WINDOWS; i++) {
    const { samples, oursMs, theirsMs } = await run(folder);
    const ratios = theirsMs.map((ms) => ratio(oursMs, ms));
    const name = i === 0 ? "1, cold" : `${i + 1}, warm`;
    rows.push([name, ...[samples, oursMs, ...theirsMs].map((value) => value.toFixed(0)), ...ratios]);
  }
  process.stdout.write(`
machine-wide, ${SECONDS} s at ${FREQUENCY_HZ} Hz, ${busy.length} programs that are busy until its end: from there until the frame is there, and
perf script --no-inline of a recording of the same window. To reach when warm: 300 ms, and 1/5 of perf script.

${table(rows)}
`);
} finally {
  await Promise.all(busy.map((workload) => workload.close()));
  rmSync(folder, { recursive: true });
}
