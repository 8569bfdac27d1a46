import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { afterEach, beforeEach } from "node:test";
import { globMatcher } from "../../../kernel/jupyter/glob.js";
import { History } from "../../../kernel/jupyter/history.js";
import { historyFolder } from "../../../kernel/jupyter/history-files.js";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "proflab-history-")), "proflab/history");
});
afterEach(() => rmSync(join(folder, "../.."), { recursive: true, force: true }));

/** A session that has ended: what these cells were is on disk. */
async function history(...inputs: string[]): Promise<History> {
  const filled = new History(folder);
  for (const [i, input] of inputs.entries()) filled.add(i + 1, input);
  await filled.close();
  return filled;
}

const inputs = (entries: { input: string }[]) => entries.map(({ input }) => input);

test("tail gives the last cells of all sessions, oldest first", async () => {
  await history("a", "b");
  const second = await history("c");
  assert.deepEqual(await second.tail(2), [
    { session: 1, line: 2, input: "b" },
    { session: 2, line: 1, input: "c" },
  ]);
  assert.deepEqual(await second.tail(0), []);
  assert.deepEqual(inputs(await new History(folder).tail(9)), ["a", "b", "c"]);
});

test("range excludes its end, and finds sessions by number or counted back", async () => {
  await history("a", "b", "c");
  const second = await history("d");
  const lines = async (session: number, start: number, stop: number) =>
    inputs(await second.range(session, start, stop));
  assert.deepEqual(await lines(0, 1, 9), ["d"]);
  assert.deepEqual(await lines(2, 1, 9), ["d"]);
  assert.deepEqual(await lines(-1, 2, 3), ["b"]);
  assert.deepEqual(await lines(1, 0, 99), ["a", "b", "c"]);
  assert.deepEqual(await lines(-7, 0, 99), []);
});

test("search matches whole cells, and of equal ones can keep the last", async () => {
  await history("f(1)", "f(2)", "a\nb");
  const second = await history("f(1)", "f");
  assert.equal((await second.search("f(?)", 10, false)).length, 3);
  assert.deepEqual(
    (await second.search("f(?)", 10, true)).map(({ session, line }) => [session, line]),
    [
      [1, 2],
      [2, 1],
    ],
  );
  assert.deepEqual(inputs(await second.search("a*b", 10, false)), ["a\nb"]);
  assert.deepEqual(inputs(await second.search("f*", 1, false)), ["f"]);
});

test("outputs are kept, cut when they are long", async () => {
  const first = new History(folder);
  first.add(1, "1 + 1");
  first.add(2, "long");
  first.addOutput(1, "2");
  first.addOutput(2, "x".repeat(20_000));
  await first.close();
  const found = await new History(folder).tail(2);
  assert.deepEqual([found[0].output, found[1].output?.length], ["2", 10_000]);
});

test("only the user can read it", async () => {
  await history("secret");
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, "1.jsonl")).mode & 0o777, 0o600);
});

test("kernels that start and write at once do not mix", async () => {
  const kernels = Array.from({ length: 20 }, () => new History(folder));
  for (let line = 1; line <= 50; line++) {
    for (const [i, kernel] of kernels.entries()) kernel.add(line, `kernel ${i} line ${line}`);
  }
  await Promise.all(kernels.map((kernel) => kernel.close()));
  const all = await new History(folder).tail(10_000);
  assert.equal(all.length, 1000);
  assert.equal(new Set(all.map(({ session }) => session)).size, 20);
  const owners = new Map(all.map(({ session, input }) => [session, input.split(" line ")[0]]));
  for (const { session, line, input } of all) assert.equal(input, `${owners.get(session)} line ${line}`);
});

test("damaged lines and strange files are passed over", async () => {
  await history("good");
  appendFileSync(
    join(folder, "1.jsonl"),
    '{"line": 2, "input"\nnull\n[]\n{"line": "x"}\n{"line":3,"input":"also good"}\n',
  );
  writeFileSync(join(folder, "notes.txt"), "mine");
  writeFileSync(join(folder, "x.jsonl"), "{}");
  assert.deepEqual(inputs(await new History(folder).tail(9)), ["good", "also good"]);
});

test("the oldest sessions go when all are too large", async () => {
  await history("first");
  for (let n = 2; n <= 10; n++) {
    const record = { line: 1, input: "x".repeat(4 << 20) };
    writeFileSync(join(folder, `${n}.jsonl`), `${JSON.stringify(record)}\n`);
  }
  await history("last");
  const kept = readdirSync(folder).map((name) => Number.parseInt(name, 10));
  assert.deepEqual(
    kept.sort((a, b) => a - b),
    [4, 5, 6, 7, 8, 9, 10, 11],
  );
});

test("a session that is full says so once, and stays in memory", async (t) => {
  const said = t.mock.method(process.stderr, "write", () => true);
  const long = "x".repeat(3 << 20);
  const full = await history(long, long, "y", "z");
  said.mock.restore();
  assert.deepEqual(
    said.mock.calls.map(({ arguments: [text] }) => /has reached 4 MiB/.test(String(text))),
    [true],
  );
  assert.deepEqual(inputs(await full.tail(2)), ["y", "z"]);
  assert.deepEqual(inputs(await new History(folder).tail(9)), [long]);
});

test("where nothing can be written, or shall be, this session is in memory", async () => {
  const file = join(folder, "../../file");
  writeFileSync(file, "");
  for (const place of [join(file, "history"), undefined]) {
    const memory = new History(place);
    memory.add(1, "kept");
    memory.addOutput(1, "shown");
    assert.deepEqual(await memory.tail(5), [{ session: 1, line: 1, input: "kept", output: "shown" }]);
  }
});

test("the folder follows XDG_STATE_HOME, and PROFLAB_HISTORY=0 keeps nothing", () => {
  assert.equal(historyFolder({ XDG_STATE_HOME: "/s" }), "/s/proflab/history");
  assert.match(historyFolder({ XDG_STATE_HOME: "relative" })!, /\/\.local\/state\/proflab\/history$/);
  assert.equal(historyFolder({ PROFLAB_HISTORY: "0" }), undefined);
});

test("patterns are SQLite's GLOB", () => {
  const cases: [string, string, boolean][] = [
    ["a.c", "abc", false],
    ["a?c", "a\nc", true],
    ["*[0-9]", "v1", true],
    ["[^a-c]*", "dog", true],
    ["[^a-c]*", "cat", false],
    ["[]]x", "]x", true],
    ["[x", "[x", true],
    ["[z-a]", "z", false],
    ["f(*) + $1 {2}", "f(x) + $1 {2}", true],
  ];
  for (const [pattern, text, isMatch] of cases)
    assert.equal(globMatcher(pattern)(text), isMatch, `${pattern} ${text}`);
});
