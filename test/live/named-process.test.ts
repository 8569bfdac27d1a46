import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { InProcess } from "../../bpf/sampler/in-process.js";
import { serve } from "../../bpf/sampler/server.js";
import type { ProfileMeta } from "../../kernel/dataframe/profile-data.js";
import { RawClient } from "../helpers/raw-client.js";
import { runtimeDirectory } from "../helpers/sampler-runtime.js";
import { cgo } from "../helpers/workloads.js";

/** What it takes here to give a process another mapping list: so much that the next one has to wait. */
const SLOW_MS = 100;
/** A sample that came before its table has up to 16 KiB of its stack with it. */
const MOST_BYTES_OF_WALKED = 2048;

class SlowLists extends InProcess {
  override makeUnwindMaps() {
    const maps = super.makeUnwindMaps();
    const { processes } = maps;
    const set = processes.set.bind(processes);
    processes.set = (pid, list) => {
      const used = () => process.cpuUsage().user + process.cpuUsage().system;
      for (const start = used(); used() - start < SLOW_MS * 1000; );
      return set(pid, list);
    };
    return maps;
  }
}

async function profiled(client: RawClient, pid: number, milliseconds: number): Promise<ProfileMeta> {
  const { window } = await client.request({ type: "start", options: { pid: [pid], frequencyHz: 997 } });
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return (await client.stop(window as number)).meta;
}

test("the tables of a process that a window names are there before its first sample, however slow lists are made", async () => {
  const path = join(runtimeDirectory(), "sampler.sock");
  const server = await serve(path, new SlowLists());
  const client = await RawClient.connect(path);
  await profiled(client, process.pid, 10);
  // C on a thread's own stack. Its callers are on a goroutine's, of which a sample before its table has no copy.
  const workload = spawn(cgo(), { stdio: "ignore" });
  try {
    const pid = workload.pid as number;
    // What it maps is read when the window is made ready, not before: nothing else happens in this thread.
    while (!/cgo.*libc/s.test(readFileSync(`/proc/${pid}/maps`, "utf8")));
    const { accounting, ends, ringBytes } = await profiled(client, pid, 1000);
    const { samples } = accounting;
    assert.ok(samples > 50, `${samples} samples`);
    assert.ok(ends.complete > 0.99 * samples, JSON.stringify(ends));
    const bytes = ringBytes / samples;
    assert.ok(bytes < MOST_BYTES_OF_WALKED, `${Math.round(bytes)} bytes a sample`);
  } finally {
    workload.kill("SIGKILL");
    client.close();
    await server?.close();
  }
});
