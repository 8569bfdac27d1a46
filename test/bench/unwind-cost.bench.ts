import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onlineCpus, openObject, openPerfEvent } from "libbpf-ts";
import { profile } from "../../kernel/index.js";
import { samplerPrograms } from "../helpers/bpf-programs.js";
import { ownRuntimeDirectory, samplersOf } from "../helpers/sampler-runtime.js";
import { Workload } from "../helpers/workload.js";
import { measureBpfPrograms } from "./cpu-time.js";
import { median, spread, table } from "./statistics.js";

/**
 * Time in BPF a sample: our walk of a program without frame pointers against the kernel's walk (bpf_get_stack) of the
 * same program built with them, in turns.
 */
const FREQUENCY_HZ = 997;
const SECONDS = 3;
const PAIRS = 5;
const SOURCES = fileURLToPath(new URL("../../../test/bench/", import.meta.url));

/** What the kernel counted of a program: its runs and their time together. */
interface Time {
  ns: number;
  runs: number;
}

interface Run extends Time {
  samples: number;
  frames: number;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function timeOf(fdinfo: string): Time {
  const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(fdinfo)?.[1]);
  return { ns: field("run_time_ns"), runs: field("run_cnt") };
}

/** The time of the tick's program, of which a sampler with one window has one. */
function tickTimeOf(sampler: number): Time {
  const ticks = samplerPrograms();
  const infos = readdirSync(`/proc/${sampler}/fdinfo`).map((fd) =>
    readFileSync(`/proc/${sampler}/fdinfo/${fd}`, "utf8"),
  );
  const info = infos.find((text) => ticks.includes(Number(/^prog_id:\s*(\d+)/m.exec(text)?.[1])));
  if (info === undefined) throw new Error("the sampler holds no program of the tick");
  return timeOf(info);
}

async function ours(pid: number, sampler: number): Promise<Run> {
  const running = await profile.start({ pid, frequency: FREQUENCY_HZ });
  const before = tickTimeOf(sampler); // the sampler keeps its programs from window to window, and their counts with them
  await sleep(SECONDS * 1000);
  const { ns, runs } = tickTimeOf(sampler);
  const time = { ns: ns - before.ns, runs: runs - before.runs };
  const frame = await running.stop();
  const { samples } = frame.meta.accounting;
  if ((frame.meta.ends.complete ?? 0) < 0.9 * samples)
    throw new Error("less than 90 % of the stacks are whole");
  const { samples: rows, stacks } = frame.profile;
  const frames = rows.stack.reduce((sum, row) => sum + stacks.offsets[row + 1] - stacks.offsets[row], 0);
  return { ...time, samples, frames };
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
    const time = timeOf(readFileSync(`/proc/self/fdinfo/${program.fd}`, "utf8"));
    const [samples, frames] = ["count", "frames"].map((name) => Number(object.variable(name).get()));
    return { ...time, samples, frames };
  } finally {
    object.close();
  }
}

/** Nanoseconds of a run that takes a sample: without the runs that found another process on their CPU. */
function nsPerSample({ ns, runs, samples }: Run, idle: Time): number {
  return (ns - (runs - samples) * (idle.ns / idle.runs)) / samples;
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
const sides = { ours: [] as Run[], kernels: [] as Run[] };
const idle = { ours: { ns: 0, runs: 1 } as Time, kernels: { ns: 0, runs: 1 } as Time };
const without = await Workload.start(build("without", "-fomit-frame-pointer"), []);
const withPointers = await Workload.start(build("with", "-fno-omit-frame-pointer"), []);
try {
  await profile("100ms"); // starts the sampler, which stays
  const [sampler] = samplersOf(runtime);
  without.child.kill("SIGSTOP");
  idle.kernels = await kernels(without.pid, peer);
  idle.ours = await ours(without.pid, sampler);
  for (let pair = 0; pair < PAIRS; pair++) {
    withPointers.child.kill("SIGSTOP");
    without.child.kill("SIGCONT");
    sides.ours.push(await ours(without.pid, sampler));
    without.child.kill("SIGSTOP");
    withPointers.child.kill("SIGCONT");
    sides.kernels.push(await kernels(withPointers.pid, peer));
  }
} finally {
  await without.close();
  await withPointers.close();
  restore();
}
const row = (title: string, digits: number, value: (run: Run, idle: Time) => number) => {
  const a = sides.ours.map((run) => value(run, idle.ours));
  const b = sides.kernels.map((run) => value(run, idle.kernels));
  return [title, spread(a, digits), spread(b, digits), (median(a) / median(b)).toFixed(2)];
};
process.stdout.write(
  `${FREQUENCY_HZ} Hz, ${SECONDS} s, ${PAIRS} pairs in turns: median (min..max)\n\n${table([
    ["", "walk by tables", "bpf_get_stack", "ratio"],
    row("ns in BPF a sample", 0, nsPerSample),
    row("user frames a sample", 1, ({ frames, samples }) => frames / samples),
    row("samples", 0, ({ samples }) => samples),
  ])}\n`,
);
