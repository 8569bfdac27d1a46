import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import type { CompiledCell } from "../../kernel/cells/compilation.js";
import { CompilerClient } from "../../kernel/jupyter/compiler-client.js";
import { snapshotPath, takeSnapshot } from "../../kernel/jupyter/compiler-snapshot.js";

describe("the compiler's process", () => {
  let compiler: CompilerClient | undefined;
  const cache = mkdtempSync(join(tmpdir(), "proflab-cache-"));
  const cacheBefore = process.env.XDG_CACHE_HOME;
  before(() => {
    process.env.XDG_CACHE_HOME = cache;
  });
  afterEach(() => compiler?.close());
  after(() => {
    if (cacheBefore === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cacheBefore;
    rmSync(cache, { recursive: true });
  });

  async function compile(code: string, number: number): Promise<CompiledCell> {
    const compilation = await compiler!.ask("compile", code, number);
    if ("error" in compilation) throw new Error(compilation.error.evalue);
    return compilation.cell;
  }

  test("a snapshot answers as the compiler without one", async () => {
    compiler = new CompilerClient();
    assert.equal(existsSync(snapshotPath()!), false);
    const code = "import { cpus } from 'node:os';\nconst n = cpus().length;\nn + Math.abs(-1)";
    const [slowly, names] = [await compile(code, 1), await compiler.ask("complete", "Math.a", 6)];
    compiler.close();
    const older = snapshotPath()!.replace(/[^-]+$/, "0123456789abcdef.blob");
    writeFileSync(older, "of another build of this program");
    assert.equal(await takeSnapshot(snapshotPath()!), true);
    assert.equal(existsSync(older), false);
    compiler = new CompilerClient();
    assert.deepEqual(await compile(code, 1), slowly);
    assert.deepEqual(await compiler.ask("complete", "Math.a", 6), names);
    assert.ok(names.matches.some(({ text }) => text === "abs"));
    await assert.rejects(compile("const n: number = 'text'", 2), /TS2322/);
  });

  test("the snapshots used last are kept, and none whose maker has ended", async () => {
    const path = snapshotPath()!;
    const folder = dirname(path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { pid: endedPid } = spawnSync("true");
    for (let hour = 1; hour <= 5; hour++) {
      const other = join(folder, `other${hour}-0.blob`);
      writeFileSync(other, "");
      utimesSync(other, hour * 3600, hour * 3600);
    }
    const unfinished = (pid: number) => `other-0.blob.${pid}`;
    for (const pid of [endedPid, process.ppid]) writeFileSync(join(folder, unfinished(pid)), "");
    assert.equal(await takeSnapshot(path), true);
    const expected = [
      basename(path),
      "other3-0.blob",
      "other4-0.blob",
      "other5-0.blob",
      unfinished(process.ppid),
    ];
    assert.deepEqual(readdirSync(folder).sort(), expected.sort());
    for (const name of expected.slice(1)) rmSync(join(folder, name));
  });

  test("a damaged snapshot is removed, and the compiler starts without", async (t) => {
    const path = snapshotPath()!;
    if (!existsSync(path)) await takeSnapshot(path);
    writeFileSync(path, readFileSync(path).fill(0, 1 << 20, 2 << 20));
    const said = t.mock.method(process.stderr, "write", () => true);
    compiler = new CompilerClient();
    const { code } = await compile("1 + 1", 1);
    said.mock.restore();
    assert.match(code, /1 \+ 1/);
    assert.equal(existsSync(path), false);
    const words = said.mock.calls.map(({ arguments: [text] }) => String(text)).join("");
    assert.match(words, /checksum/i, "V8 says what is wrong with it");
  });

  test("one that ends fails what was asked, and another knows what the cells declared", async () => {
    compiler = new CompilerClient();
    await compile("const answer = 42", 1);
    await compiler.ask("commit", 1);
    const pid = compilers().at(-1)!; // others may be on their way out
    process.kill(pid, "SIGSTOP");
    const asked = compiler.ask("inspect", "answer", 1);
    process.kill(pid, "SIGKILL");
    await assert.rejects(asked, /the compiler ended \(SIGKILL\)/);
    const found = await compiler.ask("inspect", "answer", 1);
    assert.match(found!.signature, /const answer: 42/);
  });
});

/** Children that compile, the youngest last; one may be taking a snapshot. */
function compilers(): number[] {
  const children = readdirSync("/proc/self/task").flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
  );
  return children.filter((pid) => !readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--build-snapshot"));
}
