import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { NotebookCell } from "../helpers/notebook.js";
import { runtimeDirectory, samplersOf } from "../helpers/sampler-runtime.js";

const root = new URL("../../../", import.meta.url).pathname;
const cli = join(root, "dist/kernel/cli/main.js");
const notebooks = join(root, "notebooks");
const NAMES = readdirSync(notebooks).filter((name) => name.endsWith(".ipynb"));
/** Of the same user, whose files it may read, with no capability and none to be had. */
const WITHOUT_CAPABILITIES = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"];
const RECORDED = /recorded \d{4}-\d\d-\d\d \d\d:\d\d UTC on (\S+) \(runs\/[\w/-]+\) · /g;

interface Run {
  readonly folder: string;
  readonly notebook: string;
  readonly output: string;
  readonly runtime: string;
}

function run(
  { folder, notebook, output, runtime }: Run,
  { before = [] as string[], more = [] as string[] } = {},
): SpawnSyncReturns<string> {
  const command = [...before, process.execPath, cli, "run", notebook, "-o", output, ...more];
  const home = mkdtempSync(join(tmpdir(), "proflab-home-"));
  try {
    return spawnSync(command[0], command.slice(1), {
      ...{ cwd: folder, encoding: "utf8", timeout: 300_000 },
      env: {
        ...process.env,
        PROFLAB_REPLAY: "",
        PROFLAB_RUNTIME_DIR: runtime,
        HOME: home,
        XDG_CACHE_HOME: "",
      },
    });
  } finally {
    rmSync(home, { recursive: true });
  }
}

function codeOf(file: string): NotebookCell[] {
  const { cells } = JSON.parse(readFileSync(file, "utf8")) as { cells: NotebookCell[] };
  return cells.filter(({ cell_type }) => cell_type === "code");
}

/** What a cell shows: each MIME type of each output, but bars of progress, and what is of this run alone. */
function shown({ source, outputs = [] }: NotebookCell): unknown {
  const said = outputs
    .filter(({ data }) => !JSON.stringify(data ?? "").includes("<progress"))
    .map(({ text, data }) => JSON.stringify(data ?? [text].flat().join("")))
    .map((text) => text.replace(RECORDED, "").replace(/process \d+/g, "process"));
  return { source, said };
}

for (const notebook of NAMES)
  test(`${notebook} shows the same from its recordings, without privileges`, () => {
    const folder = mkdtempSync(join(tmpdir(), "proflab-replay-"));
    cpSync(notebooks, folder, {
      recursive: true,
      filter: (path) => !path.startsWith(join(notebooks, "runs")),
    });
    assert.ok(!existsSync(join(folder, "runs")));
    const live = run({ folder, notebook, output: "live.ipynb", runtime: runtimeDirectory() });
    assert.equal(live.status, 0, live.stderr);
    assert.ok(readdirSync(join(folder, "runs")).length > 0);
    assert.equal(readFileSync(join(folder, "live.ipynb"), "utf8").search(RECORDED), -1);

    const runtime = runtimeDirectory();
    const refused = run(
      { folder, notebook, output: "refused.ipynb", runtime },
      { before: WITHOUT_CAPABILITIES },
    );
    assert.equal(refused.status, 1, "sampling is impossible");
    assert.match(refused.stderr, /PermissionError/);

    const none = runtimeDirectory();
    const replay = { before: WITHOUT_CAPABILITIES, more: ["--replay"] };
    const replayed = run({ folder, notebook, output: "replayed.ipynb", runtime: none }, replay);
    assert.equal(replayed.status, 0, replayed.stderr);
    assert.deepEqual(readdirSync(none), [], "no sampler was asked");
    assert.deepEqual(samplersOf(none), []);
    const [before, after] = ["live.ipynb", "replayed.ipynb"].map((file) => codeOf(join(folder, file)));
    assert.deepEqual(after.map(shown), before.map(shown));
    const texts = JSON.stringify(after.map(({ outputs }) => outputs));
    const hosts = Array.from(texts.matchAll(RECORDED), ([, host]) => host);
    assert.ok(hosts.every((host) => host === hostname()));
    if (notebook.startsWith("01")) assert.ok(hosts.length > 0);
    rmSync(folder, { recursive: true });
  });
