import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import { profile } from "../../kernel/index.js";
import { ownRuntimeDirectory, samplersOf } from "../helpers/sampler-runtime.js";
import { countedStacks, sum, worst } from "../helpers/stack-ends.js";
import { build } from "../helpers/workload-tools.js";

const PROCESSES = 10_000;
/** What waits for its names for longer is stuck; on an idle machine it takes a second. */
const HANG_MS = 60_000;
const MAX_MEMORY_MIB = 768;
/** Descriptors of the sampler beyond those that it had before: files that it holds for their names. */
const MAX_MORE_DESCRIPTORS = 600;

const runtime = ownRuntimeDirectory();

test("ten thousand processes that live for a moment, in one window, are accounted for, named and whole", async (t) => {
  const flags = ["-O2", "-fomit-frame-pointer", "-fno-optimize-sibling-calls"];
  const program = build("short-lived", ["short-lived.c"], ["gcc", ...flags, "-o", "{out}", "short-lived.c"]);
  await profile({ duration: "0.2s" });
  const [sampler] = samplersOf(runtime);
  const descriptors = () => readdirSync(`/proc/${sampler}/fd`).length;
  const before = descriptors();

  const window = await profile.start({ frequency: 997 });
  await promisify(execFile)(program, [String(PROCESSES)]);
  const ended = performance.now();
  const frame = await window.stop();
  const waitedMs = performance.now() - ended;
  assert.ok(waitedMs < HANG_MS, `the result came after ${waitedMs} ms`);

  const { ticks, samples, filtered, dropped } = frame.meta.accounting;
  assert.deepEqual(dropped, {});
  assert.equal(samples + Object.values(filtered).reduce((a, b) => a + b, 0), ticks);
  const own = frame.query(frame["process"].eq("short-lived"));
  const pids = new Set(own["pid"].values as number[]).size;
  const stacks = countedStacks(own);
  assert.ok(pids > PROCESSES / 20, `${pids} processes were sampled`);
  const computing = stacks.filter(({ text }) => /\b(inner|leaf)\b/.test(text));
  const named = computing.filter(({ text }) => /\bmain;inner(;leaf)?(;|$)/.test(text));
  assert.ok(sum(computing) > 200, `${sum(computing)} samples of their work`);
  assert.equal(sum(named), sum(computing), worst(own, computing));
  // Execve and the loader, too, in which a process of so short a life is most of its time.
  const broken = stacks.filter(({ end }) => end !== "complete");
  const share = 1 - sum(broken) / sum(stacks);
  assert.ok(share >= 0.99, `${(100 * share).toFixed(2)} % are whole. The rest:\n${worst(own, broken)}`);

  const status = readFileSync(`/proc/${sampler}/status`, "utf8");
  const peakMib = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  assert.ok(peakMib < MAX_MEMORY_MIB, `${peakMib} MiB`);
  assert.ok(descriptors() - before < MAX_MORE_DESCRIPTORS, `${descriptors() - before} more descriptors`);
  const facts = [`${pids} processes in ${sum(stacks)} samples`, `${(100 * share).toFixed(2)} % whole`];
  t.diagnostic(
    [...facts, `result after ${Math.round(waitedMs)} ms`, `${Math.round(peakMib)} MiB`].join(", "),
  );
});
