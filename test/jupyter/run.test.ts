import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import test, { after } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type NotebookCell, plainText } from "../helpers/notebook.js";

const ROOT = resolve(import.meta.dirname, "../../..");
const CLI = join(ROOT, "dist/kernel/cli/main.js");
const PYTHON = join(process.env.PROFLAB_VENV ?? join(ROOT, ".venv"), "bin/python");
const folder = mkdtempSync(join(tmpdir(), "proflab-run-test-"));
after(() => rmSync(folder, { recursive: true }));

type Cell = string | { code: string; tags: string[] };

/** A new notebook of these cells. */
function notebook(name: string, cells: readonly Cell[], more: object = {}): string {
  const path = join(folder, `${name}.ipynb`);
  const list = cells.map((cell, i) => ({
    ...{ cell_type: "code", id: `cell-${i}`, outputs: [], execution_count: null },
    source: typeof cell === "string" ? cell : cell.code,
    metadata: typeof cell === "string" ? {} : { tags: cell.tags },
  }));
  const text = { cells: list, metadata: {}, nbformat: 4, nbformat_minor: 5, ...more };
  writeFileSync(path, JSON.stringify(text));
  return path;
}

function start(list: string[]) {
  const child = spawn(process.execPath, [CLI, "run", ...list], { stdio: ["ignore", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (said.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (said.stderr += text));
  const ended = once(child, "close").then(([status]) => ({ ...said, status: status as number | null }));
  return { child, said, ended };
}

function cellsOf(path: string): NotebookCell[] {
  return JSON.parse(readFileSync(path, "utf8")).cells;
}

/** nbformat's own opinion. */
function assertValid(path: string): void {
  const code = "import nbformat, sys; nbformat.validate(nbformat.read(sys.argv[1], as_version=4))";
  const { status, stderr } = spawnSync(PYTHON, ["-W", "error", "-c", code, path], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

test("a notebook runs with parameters, in its folder, and its outputs are kept", async () => {
  const path = notebook("good", [
    { code: 'let title = "none";\nlet size = 1;', tags: ["parameters"] },
    'import { existsSync } from "node:fs";\nconsole.log(title, size * 2, existsSync("good.ipynb"));',
    'await display("old", { display_id: "a" });',
    'display("new", { display_id: "a", update: true });\nconsole.log("gone");\nclearOutput();\nhtml`<b>bold</b>`',
    { code: 'throw new Error("expected")', tags: ["raises-exception"] },
    { code: 'throw new Error("never")', tags: ["skip-execution"] },
    "console.error(title.length);\nsize",
  ]);
  const output = join(folder, "good.out.ipynb");
  const first = await start([path, "-p", "size=21", "-r", "title=0x7", "-o", output]).ended;
  assert.equal(first.status, 0, first.stderr);
  assert.equal(first.stdout, "");
  assert.match(first.stderr, /^cell 1\/7 {2}ok .*\n(cell.*\n)+cell 7\/7 {2}ok {2}[\d.]+ s {2}console.error/m);
  assertValid(output);
  const cells = cellsOf(output);
  assert.deepEqual(cells.map(plainText), ["", "", "0x7 42 true", "'new'", "<b>bold</b>", "", "", "3\n\n21"]);
  assert.deepEqual(
    cells.map(({ execution_count: count }) => count),
    [1, 2, 3, 4, 5, 6, null, 7],
  );
  const result = cells[4].outputs![0] as { data: Record<string, string[]> };
  assert.deepEqual(result.data["text/html"], ["<b>bold</b>"]);
  assert.deepEqual(cellsOf(path)[1].outputs, []); // the original is as it was

  const second = await start([output, "--json", '{"title": "it\'s\\n\\"x\\""}', "--inplace"]).ended;
  assert.equal(second.status, 0, second.stderr);
  assertValid(output);
  assert.equal(cellsOf(output).length, 8);
  assert.equal(plainText(cellsOf(output)[2]), 'it\'s\n"x" 2 true');
});

test("a pipe gets the notebook once, with all outputs", async () => {
  const path = notebook("piped", ["1", "2"]);
  const pipe = join(folder, "pipe");
  spawnSync("mkfifo", [pipe]);
  const reader = spawn("cat", [pipe], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  reader.stdout.setEncoding("utf8").on("data", (part) => (text += part));
  const [{ status, stderr }] = await Promise.all([start([path, "-o", pipe]).ended, once(reader, "close")]);
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(text).cells.map(plainText), ["1", "2"]);
});

test("a cell that fails ends the run, is printed, and what was done is saved", async () => {
  const path = notebook("bad", ["6 * 7", 'console.log("before");\n(null as any).x', "1"]);
  const { status, stdout, stderr } = await start([path]).ended;
  assert.equal(status, 1);
  assert.equal(stdout, "42\nbefore\n");
  assert.match(stderr, /cell 2\/3 {2}error/);
  assert.match(stderr, /TypeError: Cannot read properties of null/);
  const output = join(folder, "bad.out.ipynb");
  assert.equal((await start([path, "-o", output]).ended).status, 1);
  assertValid(output);
  const [, failed, untouched] = cellsOf(output);
  assert.deepEqual(
    failed.outputs?.map((item) => item.output_type),
    ["stream", "error"],
  );
  assert.deepEqual([untouched.execution_count, untouched.outputs], [null, []]);
});

test("a cell beyond its time is interrupted and named", async () => {
  const path = notebook("late", ["1", 'console.log("begun");\nwhile (true);', "1"]);
  const output = join(folder, "late.out.ipynb");
  const { status, stderr } = await start([path, "--timeout", "12", "-o", output]).ended;
  assert.equal(status, 1);
  assert.match(stderr, /CellTimeoutError: the cell took longer than 12 s/);
  assertValid(output);
  assert.match(plainText(cellsOf(output)[1]), /begun/);
});

test("Ctrl-C interrupts the cell, saves, and ends the run", async () => {
  const path = notebook("stopped", [
    'import { writeFileSync } from "node:fs";\nconsole.log("here");\nwriteFileSync("begun", "");\nwhile (true);',
    "1",
  ]);
  const output = join(folder, "stopped.out.ipynb");
  const { child, ended } = start([path, "-o", output]);
  while (!existsSync(join(folder, "begun"))) await delay(50);
  child.kill("SIGINT");
  const { status, stderr } = await ended;
  assert.equal(status, 130, stderr);
  assert.match(stderr, /cell 1\/2 {2}interrupted/);
  assertValid(output);
  assert.match(plainText(cellsOf(output)[0]), /here/);
  assert.equal(cellsOf(output)[1].execution_count, null);
});

test("a kernel that dies is said to have died, with the cell", async () => {
  const path = notebook("killed", [
    'process.kill(process.ppid, "SIGKILL");\nawait new Promise(() => {});',
    "1",
  ]);
  const output = join(folder, "killed.out.ipynb");
  const { status, stderr } = await start([path, "-o", output]).ended;
  assert.equal(status, 1);
  assert.match(stderr, /KernelDiedError: the kernel ended by SIGKILL while the cell ran/);
  assertValid(output);
});

test("what is no notebook for this kernel is refused before anything is started", async () => {
  const python = { kernelspec: { name: "python3", language: "python", display_name: "Python 3" } };
  const text = join(folder, "text.ipynb");
  writeFileSync(text, "no JSON");
  const wrong: [list: string[], message: RegExp][] = [
    [[notebook("python", ["1"], { metadata: python })], /notebook in python/],
    [[notebook("old", [], { nbformat: 3 })], /not a notebook of nbformat 4; convert/],
    [[text], /cannot be read as a notebook/],
    [[join(folder, "absent.ipynb")], /cannot be read as a notebook: ENOENT/],
    [[], /which notebook/],
    [["--outptu", "x"], /unknown option --outptu; accepted: -o, --output/],
    [[text, "-p", "x"], /name=value is accepted/],
    [[text, "-p", "class=1"], /-p class=1: name=value is accepted, with a name that a variable can have/],
    [[text, "--timeout", "soon"], /--timeout soon: a number/],
    [[text, "--timeout", "1e9"], /--timeout 1e9: a number/],
    [[notebook("unsaved", ["1"]), "-o", join(folder, "no/where")], /notebook cannot be written: ENOENT/],
  ];
  for (const [list, message] of wrong) {
    const { status, stderr } = await start(list).ended;
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
    assert.match(stderr, /\n\nusage: proflab run/);
  }
});
