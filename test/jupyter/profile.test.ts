import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { programsAttachedBy, samplerPrograms } from "../helpers/bpf-programs.js";
import { contents, KernelClient, result } from "../helpers/kernel-client.js";
import { eventually, ownRuntimeDirectory, runtimeDirectory, samplersOf } from "../helpers/sampler-runtime.js";

const directory = ownRuntimeDirectory();

/** Waits until this file's sampler has attached its program; returns the program. */
async function attached(): Promise<number[]> {
  await eventually("the program is attached", () => programsAttachedBy(samplersOf(directory)).length > 0);
  return programsAttachedBy(samplersOf(directory));
}

/** Waits until none of the programs is in the Linux kernel. */
function gone(programs: readonly number[]): Promise<void> {
  return eventually("no program is left", () => !samplerPrograms().some((id) => programs.includes(id)));
}

/** The error of a cell: its name and message, and what a person sees of its stack. */
async function failing(kernel: KernelClient, code: string) {
  const { reply, iopub } = await kernel.execute(code);
  assert.equal(reply.status, "error", code);
  assert.equal(contents(iopub, "error").length, 1);
  return { text: `${reply.ename}: ${reply.evalue}`, traceback: (reply.traceback as string[]).join("\n") };
}

async function works(kernel: KernelClient): Promise<void> {
  const { reply, iopub } = await kernel.execute('await profile("100ms")');
  assert.equal(reply.status, "ok");
  const bundle = result(iopub);
  assert.match(bundle?.["text/plain"] ?? "", /samples of [\d,]+ ticks|no samples|0 samples/);
  assert.match(bundle?.["text/html"] ?? "", /ticks/);
}

test("bad input is a clear error in the cell, the kernel goes on, and the same call then works", async () => {
  await using kernel = await KernelClient.start();
  for (const [code, expected] of [
    ['await profile({ pid: 4194305, duration: "1s" })', /OptionError: .*"pid".*running process.*4194305/],
    ['await profile({ frequency: 0, duration: "1s" })', /OptionError: .*"frequency".*from 1 to/],
    ['await profile("abc")', /OptionError: .*"duration".*"10s"/],
    ['await profile({ duration: "1s", hz: 5 } as any)', /OptionError: .*"hz".*the options are/],
  ] as const) {
    const { text, traceback } = await failing(kernel, code);
    assert.match(text, expected);
    assert.doesNotMatch(traceback, /options\.ts|profile\.ts|node_modules/, "none of our own frames");
  }
  // Found by the type check, before anything runs.
  assert.match(
    (await failing(kernel, 'await profile({ duration: "1s", hz: 5 })')).text,
    /'hz' does not exist/,
  );
  await works(kernel);
});

test("without privileges, or without libbpf, the cell says the remedy", async () => {
  for (const [environment, expected] of [
    [{ LIBBPF_PATH: "/nowhere/libbpf.so.1" }, /LibraryNotFoundError: .*apt install libbpf1/],
    [{ PROFLAB_TEST_NODE: "setpriv" }, /PermissionError: .*CAP_BPF/],
  ] as const) {
    const runtime = runtimeDirectory();
    await using kernel = await KernelClient.start();
    const set = JSON.stringify({ PROFLAB_RUNTIME_DIR: runtime, ...environment });
    await kernel.execute(`Object.assign(process.env, ${set})`);
    if ("PROFLAB_TEST_NODE" in environment)
      // The sampler is started by the kernel's own path of node; this makes it one without capabilities.
      await kernel.execute(`
        import { writeFileSync } from "node:fs";
        const node = process.execPath;
        writeFileSync("node", \`#!/bin/sh\\nexec setpriv --bounding-set=-all --inh-caps=-all \${node} "$@"\\n\`, { mode: 0o755 });
        process.execPath = process.cwd() + "/node";`);
    assert.match((await failing(kernel, 'await profile("1s")')).text, expected);
    if ("LIBBPF_PATH" in environment) {
      await kernel.execute("delete process.env.LIBBPF_PATH");
      for (const pid of samplersOf(runtime)) process.kill(pid, "SIGTERM");
      await eventually("the sampler without libbpf has ended", () => samplersOf(runtime).length === 0);
      await works(kernel);
    }
  }
});

test("killing the kernel in the middle of a window leaves no program and no process", async () => {
  await using kernel = await KernelClient.start();
  kernel.sendExecute('await profile("60s")');
  const programs = await attached();
  kernel.process.kill("SIGKILL");
  await gone(programs);
  await eventually("no sampler is left", () => samplersOf(directory).length === 0);
});

/** Ends the cells' process when the file is there that {@link die} writes. */
const ON_FILE = (end: string) =>
  `setInterval(() => { if (require("node:fs").existsSync("die")) ${end}; }, 20);`;

function die(kernel: KernelClient): void {
  writeFileSync(join(kernel.directory, "die"), "");
}

/** Cells that open a window, in which their process dies. */
const DEATHS = {
  "by exit": `${ON_FILE("process.exit(3)")} await profile("60s");`,
  "by exit in a function that is profiled": `await profile(() => new Promise(() => { ${ON_FILE("process.exit(3)")} }));`,
  "by a signal between profile.start() and stop()": `await profile.start({ frequency: 99 }); ${ON_FILE('process.kill(process.pid, "SIGSEGV")')} await new Promise(() => {});`,
};

for (const [how, code] of Object.entries(DEATHS)) {
  test(`when the cells' process dies ${how}, no program and no sampler is left`, async () => {
    await using kernel = await KernelClient.start();
    const id = kernel.sendExecute(code);
    const programs = await attached();
    die(kernel);
    assert.match(String((await kernel.answer(id)).reply.ename), /^Process(Exit|Died)$/);
    await gone(programs);
    await eventually("the sampler is gone", () => samplersOf(directory).length === 0);
  });
}

test("when the cells' process dies in a window, who else uses the sampler goes on with it", async () => {
  await using other = await KernelClient.start();
  const id = other.sendExecute('const df = await profile("60s"); df.meta.interrupted');
  await other.until(() => contents(other.of(id), "display_data").length > 0, "its progress");
  const programs = await attached();
  const samplers = samplersOf(directory);
  await using kernel = await KernelClient.start();
  const dying = kernel.sendExecute(`${ON_FILE("process.abort()")} await profile("60s");`);
  await kernel.until(() => contents(kernel.of(dying), "display_data").length > 0, "its progress");
  die(kernel);
  assert.equal((await kernel.answer(dying)).reply.ename, "ProcessDied");
  assert.deepEqual(samplersOf(directory), samplers);
  assert.deepEqual(programsAttachedBy(samplers), programs);
  await other.request("interrupt_request", {}, "control");
  assert.equal(result((await other.answer(id)).iopub)?.["text/plain"], "true");
  await works(other);
  assert.deepEqual(samplersOf(directory), samplers);
});

test("killing the sampler in the middle of a window is said in the cell, and the next profile() works", async () => {
  await using kernel = await KernelClient.start();
  const id = kernel.sendExecute('await profile("60s")');
  const programs = await attached();
  for (const pid of samplersOf(directory)) process.kill(pid, "SIGKILL");
  const { reply } = await kernel.answer(id);
  assert.equal(reply.ename, "SamplerGoneError");
  assert.match(String(reply.evalue), /ended while it was sampling/);
  await gone(programs);
  await works(kernel);
});

test("an interrupt ends the window, and the frame has what was sampled", async () => {
  await using kernel = await KernelClient.start();
  const id = kernel.sendExecute('const df = await profile("60s"); df.meta.interrupted');
  await attached();
  await kernel.request("interrupt_request", {}, "control");
  const { reply, iopub } = await kernel.answer(id);
  assert.equal(reply.status, "ok");
  assert.equal(result(iopub)?.["text/plain"], "true");
});

test("completion after `profile({` lists the options, and hover shows their units", async () => {
  await using kernel = await KernelClient.start();
  const complete = async (code: string) =>
    (await kernel.request("complete_request", { code, cursor_pos: code.length })).reply.matches as string[];
  const options = await complete("await profile({ ");
  for (const option of ["duration", "pid", "tid", "cpu", "frequency", "maxDepth", "userOnly", "kernelOnly"])
    assert.ok(options.includes(option), `${option} in ${options}`);
  const code = 'await profile({ frequency: 99, duration: "1s" })';
  const inspect = async (cursor_pos: number) => {
    const { reply } = await kernel.request("inspect_request", { code, cursor_pos, detail_level: 0 });
    return (reply.data as Record<string, string>)["text/plain"];
  };
  assert.match(await inspect(code.indexOf("frequency") + 2), /Samples a second \(Hz\)/);
  assert.match(await inspect(code.indexOf("profile") + 2), /Samples stacks with eBPF/);
});

test("earlier cells' variables may be shorthand properties", async () => {
  await using kernel = await KernelClient.start();
  await kernel.execute("const a = 1; let b = 2; { const c = 3; }");
  const { iopub } = await kernel.execute(
    "const c = 4; const f = (b: number) => ({ a, b, c }); ({ ...f(5), b })",
  );
  assert.equal(result(iopub)?.["text/plain"], "{ a: 1, b: 2, c: 4 }");
});
