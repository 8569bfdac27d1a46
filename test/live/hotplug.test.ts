import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { onlineCpus } from "libbpf-ts";
import { HeldFiles } from "../../bpf/sampler/held-files.js";
import { InProcess } from "../../bpf/sampler/in-process.js";
import { ProgramPool } from "../../bpf/sampler/program-pool.js";
import { TickStream } from "../../bpf/sampler/tick-stream.js";
import { Unwinding } from "../../bpf/sampler/unwinding.js";
import { type ProfileFrame, profile } from "../../kernel/index.js";
import { linksOf } from "../helpers/bpf-programs.js";
import { eventually, ownRuntimeDirectory, samplersOf } from "../helpers/sampler-runtime.js";
import { Workload } from "../helpers/workload.js";

const directory = ownRuntimeDirectory();
const CPU = 1;
const SWITCH = `/sys/devices/system/cpu/cpu${CPU}/online`;
/** The sampler looks every 500 ms, and reopening takes a moment on a busy machine. */
const RESUMES_WITHIN_MS = 1_500;

const setOnline = (online: boolean) => writeFileSync(SWITCH, online ? "1" : "0");
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const missing = whyNoHotplug();
if (missing === undefined) {
  process.on("exit", () => setOnline(true));
  // Ends with this process, however that ends: its standard input is then closed.
  const guard = spawn("sh", ["-c", 'cat >/dev/null; echo 1 >"$1"', "guard", SWITCH], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
}

/** Why CPU 1 cannot be taken away here: no such CPU, no switch, or the hypervisor needs it. */
function whyNoHotplug(): string | undefined {
  if (onlineCpus().length < 2 || !existsSync(SWITCH)) return `no ${SWITCH} beside another CPU`;
  try {
    setOnline(false);
  } catch (error) {
    return (error as Error).message;
  } finally {
    setOnline(true);
  }
  return undefined;
}

/** Programs that a process holds on perf events, as its descriptors say: other samplers may run on this machine. */
function programsOf(pid: number): number[] {
  const folder = `/proc/${pid}/fdinfo`;
  const programs = readdirSync(folder).map((fd) => {
    try {
      const info = readFileSync(`${folder}/${fd}`, "utf8");
      return /^link_type:\s*perf/m.test(info) ? Number(/^prog_id:\s*(\d+)/m.exec(info)?.[1]) : undefined;
    } catch {
      return undefined; // closed since it was listed
    }
  });
  return [...new Set(programs.filter((id) => id !== undefined))];
}

let workloads: Workload[] = [];
before(async () => {
  // Each has one to three busy threads at any time, so that two of them keep both CPUs busy.
  const start = () => Workload.fromC("notebooks/workloads/three-threads.c");
  workloads = [await start(), await start()];
});
after(async () => {
  if (missing === undefined) setOnline(true);
  for (const workload of workloads) await workload.close();
});

/** Milliseconds since the window's start at which each CPU was sampled. */
function samplesOn(frame: ProfileFrame, cpu: number): number[] {
  const samples = frame.table("samples");
  const cpus = samples["cpu"].values as number[];
  return (samples["at_ms"].values as number[]).filter((_, i) => cpus[i] === cpu);
}

function checkAccounting(frame: ProfileFrame): void {
  const { ticks, samples, filtered, dropped } = frame.meta.accounting;
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
  assert.equal(samples + sum(filtered) + sum(dropped), ticks);
  assert.equal(frame.table("samples").shape[0], samples);
  assert.deepEqual(dropped, {});
}

/** Profiles the machine while `run` runs; also the times that it noted, in milliseconds since the start. */
async function profileWhile(run: (note: () => void, links: () => number) => Promise<void>) {
  const running = await profile.start({ frequency: 997, includeIdle: true });
  const [program] = samplersOf(directory).flatMap(programsOf);
  const links = () => linksOf([program]).length;
  const noted: bigint[] = [];
  try {
    assert.equal(links(), onlineCpus().length);
    await run(() => noted.push(process.hrtime.bigint()), links);
  } finally {
    if (missing === undefined) setOnline(true);
  }
  const frame = await running.stop();
  checkAccounting(frame);
  assert.equal(links(), 0, "nothing is left in the kernel");
  const startNs = BigInt(Math.round(frame.meta.window.startNs));
  return { frame, times: noted.map((ns) => Number(ns - startNs) / 1e6) };
}

test("the sampler opens exactly the CPUs that are online", async (t) => {
  if (missing !== undefined) t.diagnostic(`the other tests of this file cannot run here: ${missing}`);
  const { frame } = await profileWhile(() => wait(500));
  assert.deepEqual(frame.meta.cpus, { online: onlineCpus(), skipped: [] });
});

if (missing === undefined) {
  test("a window goes on when a CPU goes away, and samples it again when it is back", async () => {
    const { frame, times } = await profileWhile(async (note, links) => {
      await wait(700);
      note();
      setOnline(false);
      note();
      await eventually("its link has gone", () => links() === onlineCpus().length);
      await wait(500);
      note();
      setOnline(true);
      note();
      await eventually("it has a link again", () => links() === onlineCpus().length);
      await wait(700);
    });
    const [leaving, gone, coming, back] = times;
    const away = (at: number) => at > gone && at < coming;
    const [stayed, moved] = [samplesOn(frame, 0), samplesOn(frame, CPU)];
    assert.ok(moved.filter((at) => at < leaving).length > 100, "sampled before");
    assert.deepEqual(moved.filter(away), [], "none while it is away");
    assert.ok(stayed.filter(away).length > 100, "the other CPU goes on");
    assert.ok(moved.filter((at) => at > back).length > 100, "sampled again");
    assert.deepEqual(frame.meta.cpus, { online: onlineCpus(), skipped: [] });
  });

  test("a CPU that is away for less than the sampler's look at the list is sampled again, too", async () => {
    const { frame, times } = await profileWhile(async (note) => {
      await wait(700);
      setOnline(false);
      setOnline(true);
      note();
      await wait(RESUMES_WITHIN_MS + 500);
    });
    const late = samplesOn(frame, CPU).filter((at) => at > times[0] + RESUMES_WITHIN_MS);
    assert.ok(late.length > 100, `${late.length} samples of CPU ${CPU} after it was back`);
  });

  test("a stream whose last CPU goes away says why, waits, and goes on when it is back", async () => {
    class OnlyOne extends InProcess {
      override openTick(cpu: number, frequencyHz: number) {
        if (cpu !== CPU) throw new Error("refused by the test");
        return super.openTick(cpu, frequencyHz);
      }
    }
    const privileged = new OnlyOne();
    const files = new HeldFiles(privileged);
    const unwinding = new Unwinding(privileged, files, undefined);
    const programs = new ProgramPool(privileged);
    const stream = new TickStream(privileged, programs, unwinding, 997, 1 << 20, 25);
    try {
      const attached = programsOf(process.pid);
      assert.equal(linksOf(attached).length, 1);
      const window = stream.open({ frequencyHz: 997, includeIdle: true });
      await wait(300);
      setOnline(false);
      await eventually("the link has gone", () => linksOf(attached).length === 0);
      const soFar = window.stack.length;
      assert.ok(soFar > 0);
      await wait(700); // the timer looks again, and finds no CPU that it can open
      assert.equal(window.stack.length, soFar);
      setOnline(true);
      await eventually("samples come again", () => window.stack.length > soFar);
      const { cpus, counters } = await stream.close(window);
      assert.deepEqual(cpus, { online: [CPU], skipped: [{ cpu: 0, reason: "refused by the test" }] });
      assert.equal(counters.samples, window.stack.length);
    } finally {
      setOnline(true);
      stream.dispose();
      programs.close();
      unwinding.close();
      files.close();
    }
    assert.deepEqual(programsOf(process.pid), []);
  });
}
