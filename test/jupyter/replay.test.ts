import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { kernelSpec } from "../../kernel/cli/kernel-spec.js";
import { KernelClient, printed } from "../helpers/kernel-client.js";
import { runtimeDirectory, samplersOf } from "../helpers/sampler-runtime.js";

const folder = mkdtempSync(join(tmpdir(), "replay-"));
const recording = join(folder, "runs/before");
const WITHOUT_PRIVILEGES = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];

const CODE = (options: string) => `
let calls = 0;
function spin(ms: number): number {
  let x = 1;
  for (const end = Date.now() + ms; Date.now() < end; ) x = Math.sqrt(x + 2);
  calls++;
  return calls;
}
const df = await profile(() => spin(400), { recording: ${JSON.stringify(recording)}, frequency: 499 ${options} });
console.log(JSON.stringify({
  rows: df.toJSON(), samples: df.table("samples").toJSON(), functions: df.byFunction().toJSON(), flame: String(df.flamegraph()),
  value: df.value, calls, recording: df.meta.recording, accounting: df.meta.accounting, notes: df.meta.notes, text: String(df),
}));`;

interface Said {
  value: number;
  calls: number;
  recording?: { savedAt: string; host: string };
  notes: string[];
  text: string;
}

async function run(kernel: KernelClient, options = ""): Promise<Said & Record<string, unknown>> {
  const { reply, iopub } = await kernel.execute(CODE(options));
  assert.equal(reply.status, "ok", `${reply.evalue}`);
  return JSON.parse(printed(iopub));
}

/** What must be the same, live and from the recording. */
const same = ({ rows, samples, functions, flame, accounting }: Record<string, unknown>) => ({
  ...{ rows, samples, functions, flame, accounting },
});

test("a cell saves what it measured, and the same cell returns it: without privileges, sampler or BPF", async () => {
  const runtime = runtimeDirectory();
  await using kernel = await KernelClient.start({}, { PROFLAB_RUNTIME_DIR: runtime });
  const live = await run(kernel);
  assert.match(live.text, /spin {2}In\[1\]:3/);
  assert.equal(live.recording, undefined);
  const { profile, host, schemaVersion } = JSON.parse(readFileSync(join(recording, "meta.json"), "utf8"));
  assert.deepEqual([host, schemaVersion], [hostname(), 1]);
  const [[command]] = Object.values(profile.commands as Record<string, string[]>);
  assert.match(command, /node/);
  const ids = profile.buildIds as Record<string, string>;
  const [libc] = Object.keys(ids).filter((module) => module.includes("libc.so"));
  if (libc) {
    const notes = execFileSync("readelf", ["-n", libc], { encoding: "utf8" });
    assert.equal(ids[libc], /Build ID: (\w+)/.exec(notes)?.[1]);
  }
  assert.ok(Object.keys(ids).some((module) => module.includes("node")) || libc, JSON.stringify(ids));

  const none = runtimeDirectory();
  const nowhere = { PROFLAB_RUNTIME_DIR: none, LIBBPF_PATH: "/nowhere/libbpf.so.1" };
  await using other = await KernelClient.spawn(
    [...WITHOUT_PRIVILEGES, ...kernelSpec().argv],
    {},
    { ...nowhere, PROFLAB_REPLAY: "1" },
  );
  await other.welcomed();
  const replayed = await run(other);
  assert.deepEqual(same(replayed), same(live));
  assert.deepEqual([replayed.value, replayed.calls], [1, 1], "the function ran");
  assert.match(replayed.text, /recorded \d{4}-\d\d-\d\d \d\d:\d\d UTC on \S+ \(.*runs\/before\)/);
  assert.deepEqual(samplersOf(none), []);

  // Without a recording nothing is sampled either, and the cell says why.
  const { reply } = await other.execute('await profile("1s")');
  assert.equal(reply.ename, "OptionError");
  assert.match(
    String(reply.evalue),
    /"recording" must be given where profiles are replayed \(PROFLAB_REPLAY/,
  );
  const missing = await other.execute(
    'await profile({ pid: 4194305, duration: "1s", recording: "runs/none" })',
  );
  assert.deepEqual(
    [missing.reply.ename, missing.reply.evalue],
    ["RecordingError", "runs/none: is no recording: there is no meta.json in it"],
  );

  // Where nothing can be sampled, "auto" takes the recording and says so; without it the error stays.
  await using third = await KernelClient.start({}, nowhere);
  const automatic = await run(third, ', replay: "auto"');
  assert.deepEqual(same(automatic), same(live));
  assert.match(
    automatic.notes.join("\n"),
    /This is the recording, as nothing can be sampled here. LibraryNotFoundError: /,
  );
  assert.equal((await third.execute(CODE(""))).reply.ename, "LibraryNotFoundError");

  // Measured again, the new one is in its place; what is no recording is refused before anything is measured.
  const again = await run(kernel);
  assert.notDeepEqual(same(again), same(live));
  const refused = await kernel.execute(
    `await profile({ duration: "60s", recording: ${JSON.stringify(folder)} })`,
  );
  assert.equal(refused.reply.ename, "RecordingError");
});

test("proflab run --replay", () => {
  assert.ok(existsSync(recording));
  const notebook = join(folder, "replay.ipynb");
  const cell = {
    cell_type: "code",
    id: "a",
    outputs: [],
    execution_count: null,
    metadata: {},
    source: CODE(""),
  };
  writeFileSync(notebook, JSON.stringify({ cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 }));
  const main = resolve(import.meta.dirname, "../../kernel/cli/main.js");
  const command = [...WITHOUT_PRIVILEGES, process.execPath, main, "run", notebook, "--replay"];
  const out = execFileSync(command[0], command.slice(1), {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  assert.ok((JSON.parse(out) as Said).recording);
});
