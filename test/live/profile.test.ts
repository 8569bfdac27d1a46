import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type ProfileFrame, profile } from "../../kernel/index.js";
import { eventually, ownRuntimeDirectory } from "../helpers/sampler-runtime.js";
import { Workload } from "../helpers/workload.js";

ownRuntimeDirectory();
const SHARES = { light_work: 1, medium_work: 2, heavy_work: 5 };
let workload: Workload;
before(async () => {
  workload = await Workload.fromC("notebooks/workloads/three-threads.c");
});
after(() => workload.close());

function pin(pid: number, cpus: string): void {
  const { status, stderr } = spawnSync("taskset", ["-a", "-p", "-c", cpus, String(pid)], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
}

/** `samples + filtered + dropped = ticks`, and the rows hold all samples. */
function checkAccounting(frame: ProfileFrame): void {
  const { ticks, samples, filtered, dropped } = frame.meta.accounting;
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
  assert.equal(samples + sum(filtered) + sum(dropped), ticks);
  assert.equal(sum(frame.meta.ends), samples);
  assert.equal(frame.shape[0] === 0 ? 0 : frame["samples"].sum(), samples);
  assert.equal(frame.table("samples").shape[0], samples);
}

test("three threads that burn CPU as 1:2:5 have their functions, in this proportion", async () => {
  const frame = await profile({ pid: workload.pid, duration: "4s" });
  checkAccounting(frame);
  assert.deepEqual(frame.meta.accounting.dropped, {});
  const byWork = new Map<string, number>();
  const rows = frame.groupby(["leaf"]).col(["samples"]).sum();
  for (const [leaf, samples] of rows.values as [string, number][]) byWork.set(leaf, samples);
  const all = Object.keys(SHARES).reduce((sum, name) => sum + (byWork.get(name) ?? 0), 0);
  assert.ok(all > 1000, `${all} samples in the three functions`);
  assert.ok(all > 0.95 * frame.meta.accounting.samples, "nearly all samples are in them");
  for (const [name, share] of Object.entries(SHARES)) {
    const expected = share / 8;
    const standardError = Math.sqrt((expected * (1 - expected)) / all);
    const got = (byWork.get(name) ?? 0) / all;
    assert.ok(
      Math.abs(got - expected) < 4 * standardError,
      `${name}: ${got.toFixed(4)} of ${all}, expected ${expected} ± ${(4 * standardError).toFixed(4)}`,
    );
  }
  const threads = new Set(frame["comm"].values as string[]);
  for (const comm of ["light", "medium", "heavy"]) assert.ok(threads.has(comm), comm);
  const stacks = frame["stack"].values as string[];
  assert.ok(
    stacks.some((stack) => /(^|;)run_share;heavy_work(;|$)/.test(stack)),
    "root first",
  );
});

test("a frequency is kept: ticks on each CPU are within 2 % of it while the CPUs are busy", async () => {
  const frame = await profile({ tid: workload.pid, duration: "1s", frequency: 499 });
  checkAccounting(frame);
  assert.equal(frame.meta.period, Math.round(1e9 / 499));
  assert.equal(frame.meta.frequencyHz.asked, 499);
  assert.ok(
    frame.meta.accounting.ticks <=
      499 * 1.02 * frame.meta.cpus.online.length * (frame.meta.window.durationMs / 1000) + 2,
  );
});

test("pid, tid and cpu filter, and what they filtered is counted", async () => {
  const threads = await profile({ pid: workload.pid, duration: "500ms" });
  const heavy = threads.query(threads["comm"].eq("heavy"));
  const tid = Number(heavy["tid"].values[0]);
  const one = await profile({ tid, duration: "500ms" });
  checkAccounting(one);
  assert.deepEqual(new Set(one["tid"].values as number[]), new Set([tid]));
  assert.ok((one.meta.accounting.filtered.tid ?? 0) > 0);
  // On this CPU alone: a scheduler with other work may leave its threads on another for the whole window.
  pin(workload.pid, "0");
  try {
    const cpu = await profile({ pid: workload.pid, cpu: 0, duration: "500ms" });
    checkAccounting(cpu);
    assert.deepEqual(new Set(cpu.table("samples")["cpu"].values as number[]), new Set([0]));
  } finally {
    pin(workload.pid, "0-1023");
  }
});

test("userOnly and kernelOnly keep their part of the stack and every sample", async () => {
  const user = await profile({ pid: workload.pid, duration: "400ms", userOnly: true });
  checkAccounting(user);
  assert.ok(!user["kind"].values.includes("kernel" as never));
  const kernel = await profile({ pid: workload.pid, duration: "400ms", kernelOnly: true });
  checkAccounting(kernel);
  assert.ok(!kernel.table("frames")["kind"].values.includes("user" as never));
});

test("overlapping windows each get all of their samples", async () => {
  const whole = await profile.start({ pid: workload.pid, frequency: 997 });
  const [first, second] = await Promise.all([
    profile({ pid: workload.pid, duration: "700ms", frequency: 997 }),
    profile({ pid: process.pid, duration: "400ms", frequency: 997 }),
  ]);
  const all = await whole.stop();
  for (const frame of [first, second, all]) {
    checkAccounting(frame);
    assert.deepEqual(frame.meta.accounting.dropped, {});
  }
  assert.ok(first.meta.accounting.samples > 100);
  assert.ok(all.meta.accounting.samples >= first.meta.accounting.samples);
  assert.deepEqual(new Set(first["pid"].values as number[]), new Set([workload.pid]));
  assert.ok(second["pid"].values.every((pid) => pid === process.pid));
});

test("a function is a window: its value comes with the frame", async () => {
  const busy = () => {
    let x = 0;
    for (const before = process.cpuUsage(); process.cpuUsage(before).user < 300_000; )
      for (let i = 0; i < 10_000; i++) x += Math.sqrt(x + 1);
    return x;
  };
  const frame = await profile(busy);
  checkAccounting(frame);
  assert.equal(typeof frame.value, "number");
  assert.ok(frame.meta.accounting.samples > 100);
  await assert.rejects(
    profile(() => {
      throw new Error("mine");
    }),
    /^Error: mine$/,
  );
});

test("start and stop: the window lasts over what lies between, and stop() twice gives the same frame", async () => {
  const running = await profile.start({ pid: workload.pid });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const frame = await running.stop();
  checkAccounting(frame);
  assert.ok(frame.meta.window.durationMs >= 300);
  assert.equal(await running.stop(), frame);
});

test("a signal ends the window early and keeps what was sampled", async () => {
  const frame = await profile({ pid: workload.pid, duration: "60s", signal: AbortSignal.timeout(300) });
  checkAccounting(frame);
  assert.ok(frame.meta.window.durationMs < 5000);
  assert.ok(frame.meta.accounting.samples > 50);
});

test("the whole machine at 99 Hz, and no samples are explained", async () => {
  const machine = await profile("500ms");
  checkAccounting(machine);
  assert.ok(machine["pid"].values.includes(workload.pid as never));
  const sleeper = await Workload.start("/bin/sh", ["-c", "echo $$; exec sleep 1000"]);
  await eventually("it sleeps", () =>
    /^\d+ \(sleep\) S /.test(readFileSync(`/proc/${sleeper.pid}/stat`, "utf8")),
  );
  const none = await profile({ pid: sleeper.pid, duration: "300ms" });
  await sleeper.close();
  checkAccounting(none);
  assert.equal(none.meta.accounting.samples, 0);
  assert.match(none.meta.notes.join(" "), new RegExp(`process ${sleeper.pid} slept`));
});
