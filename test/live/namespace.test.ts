import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runtimeDirectory } from "../helpers/sampler-runtime.js";

const INDEX = fileURLToPath(new URL("../../kernel/index.js", import.meta.url));

test("in a PID namespace, ids are those that its processes see, and who is outside is filtered", () => {
  const script = `
    import { spawn } from "node:child_process";
    import { profile } from ${JSON.stringify(INDEX)};
    const busy = spawn("/bin/sh", ["-c", "while :; do :; done"]);
    const named = await profile({ pid: busy.pid, duration: "500ms" });
    const all = await profile({ duration: "500ms", frequency: 997 });
    busy.kill("SIGKILL");
    console.log(JSON.stringify({ pid: busy.pid, pids: named["pid"].values, samples: named.meta.accounting.samples,
      all: all["pid"].values, accounting: all.meta.accounting }));
    process.exit(0);`;
  const outside = process.pid;
  const { stdout, stderr } = spawnSync(
    "unshare",
    ["--pid", "--fork", "--mount-proc", process.execPath, "--input-type=module", "-e", script],
    { encoding: "utf8", env: { ...process.env, PROFLAB_RUNTIME_DIR: runtimeDirectory() } },
  );
  const seen = JSON.parse(stdout || `"${stderr}"`);
  assert.ok(seen.pid < 100, "a small id of the new namespace");
  assert.ok(seen.samples > 50, `${seen.samples} samples of the named process`);
  assert.deepEqual([...new Set(seen.pids)], [seen.pid]);
  assert.ok(seen.all.includes(seen.pid));
  assert.ok(!seen.all.includes(outside));
  const { ticks, samples, filtered, dropped } = seen.accounting;
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
  assert.equal(samples + sum(filtered) + sum(dropped), ticks);
});
