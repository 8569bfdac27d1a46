import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onlineCpus, openObject, openPerfEvent } from "libbpf-ts";
import { profile } from "../../kernel/index.js";
import { ownRuntimeDirectory, samplersOf } from "../helpers/sampler-runtime.js";
import { Workload } from "../helpers/workload.js";
import { bpfSecondsOf, measureBpfPrograms } from "./cpu-time.js";
import { median, spread, table } from "./statistics.js";

/**
 * Time in BPF a sample: our walk of a program without frame pointers against the kernel's walk (bpf_get_stack) of the
 * same program built with them, in turns.
 */
const FREQUENCY_HZ = 997;
const SECONDS = 3;
const PAIRS = 5;
const SOURCES = fileURLToPath(new URL("../../../test/bench/", import.meta.url));

interface Run {
  nsPerSample: number;
  framesPerSample: number;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function ours(pid: number, sampler: number): Promise<Run> {
  const running = await profile.start({ pid, frequency: FREQUENCY_HZ });
  await sleep(SECONDS * 1000);
  const seconds = bpfSecondsOf(sampler);
  const frame = await running.stop();
  const { samples } = frame.meta.accounting;
  if ((frame.meta.ends.complete ?? 0) < 0.9 * samples)
    throw new Error("less than 90 % of the stacks are whole");
  const { samples: rows, stacks } = frame.profile;
  const frames = rows.stack.reduce((sum, row) => sum + stacks.offsets[row + 1] - stacks.offsets[row], 0);
  return { nsPerSample: (seconds / samples) * 1e9, framesPerSample: frames / samples };
}

async function kernels(pid: number, objectFile: string): Promise<Run> {
  const open = openObject(objectFile);
  open.rodata("target_pid", pid);
  const object = open.load();
  try {
    const program = object.program("on_tick");
    for (const cpu of onlineCpus())
      program.attachPerfEvent(openPerfEvent({ type: "cpu-clock", cpu, frequencyHz: FREQUENCY_HZ }));
    const ring = object.ringBuffer("samples");
    const drain = setInterval(() => ring.drainRaw(() => {}), 25);
    await sleep(SECONDS * 1000);
    clearInterval(drain);
    const info = readFileSync(`/proc/self/fdinfo/${program.fd}`, "utf8");
    const ns = Number(/^run_time_ns:\s*(\d+)/m.exec(info)?.[1]);
    const count = Number(object.variable("count").get());
    return { nsPerSample: ns / count, framesPerSample: Number(object.variable("frames").get()) / count };
  } finally {
    object.close();
  }
}

const directory = mkdtempSync(join(tmpdir(), "proflab-bench-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
const peer = join(directory, "get-stack.bpf.o");
const include = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
execFileSync("clang", [
  "-g",
  "-O2",
  "-target",
  "bpf",
  include,
  "-c",
  join(SOURCES, "get-stack.bpf.c"),
  "-o",
  peer,
]);

function build(name: string, flag: string): string {
  const program = join(directory, name);
  const options = ["-O2", "-fno-optimize-sibling-calls", flag];
  execFileSync("gcc", [...options, join(SOURCES, "deep-stack.c"), "-o", program]);
  return program;
}

const runtime = ownRuntimeDirectory();
const restore = measureBpfPrograms();
const runs = { ours: [] as Run[], kernels: [] as Run[] };
const without = await Workload.start(build("without", "-fomit-frame-pointer"), []);
const withPointers = await Workload.start(build("with", "-fno-omit-frame-pointer"), []);
try {
  await profile("100ms"); // starts the sampler, which stays
  const [sampler] = samplersOf(runtime);
  for (let pair = 0; pair < PAIRS; pair++) {
    withPointers.child.kill("SIGSTOP");
    without.child.kill("SIGCONT");
    runs.ours.push(await ours(without.pid, sampler));
    without.child.kill("SIGSTOP");
    withPointers.child.kill("SIGCONT");
    runs.kernels.push(await kernels(withPointers.pid, peer));
  }
} finally {
  await without.close();
  await withPointers.close();
  restore();
}
const row = (title: string, digits: number, value: (run: Run) => number) => {
  const [a, b] = [runs.ours.map(value), runs.kernels.map(value)];
  return [title, spread(a, digits), spread(b, digits), (median(a) / median(b)).toFixed(2)];
};
process.stdout.write(
  `${FREQUENCY_HZ} Hz, ${SECONDS} s, ${PAIRS} pairs in turns: median (min..max)\n\n${table([
    ["", "walk by tables", "bpf_get_stack", "ratio"],
    row("ns in BPF a sample", 0, (run) => run.nsPerSample),
    row("user frames a sample", 1, (run) => run.framesPerSample),
  ])}\n`,
);
