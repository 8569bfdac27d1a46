import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { interruptCell } from "../../kernel/cells/interrupt.js";
import { profile } from "../../kernel/index.js";
import { eventually, ownRuntimeDirectory, samplersOf } from "../helpers/sampler-runtime.js";

const INDEX = fileURLToPath(new URL("../../kernel/index.js", import.meta.url));
const directory = ownRuntimeDirectory();

/** What a script prints, or how it ended when it did not end well. */
function script(code: string): string {
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", `import { profile } from ${JSON.stringify(INDEX)}; ${code}`],
    { encoding: "utf8", timeout: 20_000 },
  );
  return status === 0 ? stdout.trim() : `${status} ${signal} ${stderr}`;
}

function killSampler(): void {
  for (const pid of samplersOf(directory)) process.kill(pid, "SIGKILL");
}

function burn(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

test("an interrupt while the sampler starts ends the window at once, and the function does not run", async () => {
  let hasRun = false;
  const frame = profile(() => {
    hasRun = true;
  });
  assert.equal(interruptCell(), true, "the window hears it before it is open");
  assert.equal((await frame).meta.interrupted, true);
  assert.equal(hasRun, false);
});

test("what the function throws is what profile() throws, also when the sampler died meanwhile", async () => {
  const own = new RangeError("mine");
  const fails = () => {
    throw own;
  };
  await assert.rejects(profile(fails), (error) => error === own);
  await assert.rejects(
    profile(async () => {
      killSampler();
      await eventually("it is dead", () => samplersOf(directory).length === 0);
      fails();
    }),
    (error) => error === own,
  );
});

test("a sampler that dies under an open window is no unhandled rejection; stop() says it", async () => {
  const running = await profile.start();
  killSampler();
  await new Promise((resolve) => setTimeout(resolve, 300));
  await assert.rejects(running.stop(), { name: "SamplerGoneError" });
});

test("windows that begin at once share a sampler, and one may lie inside another", async () => {
  const [machine, call] = await Promise.all([
    profile("200ms"),
    profile(async () => {
      burn(100);
      return (await profile(() => 7)).value;
    }),
  ]);
  assert.equal(call.value, 7);
  assert.ok(machine.meta.accounting.ticks > 0);
  assert.equal(samplersOf(directory).length, 1);
});

test("a signal ends the window early, or before it began", async () => {
  const aborter = new AbortController();
  setTimeout(() => aborter.abort(), 100);
  const frame = await profile({ duration: "30s", signal: aborter.signal });
  assert.ok(frame.meta.window.durationMs < 5000);
  const none = await profile({ duration: "30s", signal: AbortSignal.abort() });
  assert.ok(none.meta.window.durationMs < 1000);
});

test("a script may end with a window open: by itself, by process.exit(), after a late stop()", () => {
  assert.equal(script("await profile.start(); setTimeout(() => console.log('end'), 100);"), "end");
  assert.equal(script("void profile('60s'); setTimeout(() => process.exit(0), 300);"), "");
  const late = "const run = await profile.start(); await new Promise((done) => setTimeout(done, 100));";
  assert.equal(script(`${late} console.log((await run.stop()).meta.event);`), "cpu-clock");
});

test("a worker thread profiles its process", async () => {
  const code = `
    const { parentPort } = require("node:worker_threads");
    import(${JSON.stringify(INDEX)}).then(async ({ profile }) => {
      const frame = await profile(() => {
        for (const end = performance.now() + 200; performance.now() < end; );
        return 7;
      });
      parentPort.postMessage([frame.value, frame.meta.accounting.samples > 0]);
    });`;
  const worker = new Worker(code, { eval: true });
  const said = await new Promise((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
  });
  assert.deepEqual(said, [7, true]);
  await worker.terminate();
});
