import assert from "node:assert/strict";
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { ArenaSpans, CHUNK_WORDS, GRACE_MS } from "../../../bpf/sampler/arena-spans.js";
import { HeldFiles, identityOf } from "../../../bpf/sampler/held-files.js";
import { TableFileSource } from "../../../bpf/sampler/table-file-source.js";
import type { TableReply } from "../../../bpf/sampler/table-request.js";
import { MAX_WAITING_FILES, TableThread } from "../../../bpf/sampler/table-thread.js";
import { UnwindTables } from "../../../bpf/sampler/unwind-tables.js";
import type { Mapping } from "../../../bpf/symbols/maps.js";
import { ProcFileSource } from "../../../bpf/symbols/proc-file-source.js";
import { compile, run } from "../symbols/compiled.js";

const directory = mkdtempSync(join(tmpdir(), "proflab-tables-"));
after(() => rmSync(directory, { recursive: true, force: true }));
let requests: { urgent: boolean; done: (reply: TableReply) => void }[];
let opened: number;
let spans: ArenaSpans;
let tables: UnwindTables;

beforeEach(() => {
  requests = [];
  opened = 0;
  spans = new ArenaSpans(CHUNK_WORDS);
  const files = {
    openMapped(_pid: number, { path }: Mapping) {
      if (path === "/gone") return "io-error" as const;
      opened++;
      if (!existsSync(fileOf(path))) writeFileSync(fileOf(path), "x");
      return { fd: openSync(fileOf(path), "r") };
    },
    openDebugFile: () => "file-gone" as const,
    identityOf(_pid: number, { path }: Mapping) {
      const fd = openSync(fileOf(path), "r");
      const identity = identityOf(fd);
      closeSync(fd);
      return identity;
    },
  };
  const thread = {
    request: (_source: unknown, urgent: boolean, done: (reply: TableReply) => void) =>
      void requests.push({ urgent, done }),
  };
  tables = new UnwindTables({ write() {} }, spans, files, thread, () => {});
});

const fileOf = (path: string) => join(directory, path.replaceAll("/", "-"));

function mapping(path: string): Mapping {
  return { start: 0x1000, end: 0x2000, fileOffset: 0, path, inode: 5n, device: "fe:00", executable: true };
}

/** A table of so many words. */
function reply(words: number): TableReply {
  const table = {
    rows: new Uint32Array(2 * words),
    // Each bucket with all the rows that one can have.
    index: Uint32Array.from({ length: words / 256 }, (_, bucket) => (255 << 24) | (bucket * 256)),
    rules: new Uint8Array(0),
    firstBucket: 0,
    functions: 1,
    unsupportedRows: 0,
  };
  return { id: 1, table, code: [], goCode: [] };
}

/** Asks for a file's table and has it made. */
function placed(pid: number, path: string, words: number) {
  const entry = tables.want(pid, mapping(path));
  requests.shift()?.done(reply(words));
  return entry;
}

test("a file's table is made once, whoever maps it", async () => {
  const entry = tables.want(7, mapping("/lib/a"));
  assert.equal(tables.want(8, mapping("/lib/a")), entry);
  assert.equal(opened, 1);
  assert.equal(requests.length, 1);
  assert.deepEqual([...(entry?.users ?? [])], [7, 8]);
  let isSettled = false;
  const settled = tables.settled([entry as never]).then(() => {
    isSettled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isSettled, false);
  requests[0].done(reply(256));
  await settled;
  assert.equal(entry?.state, "placed");
  await tables.settled([entry as never]);
});

test("a program that was rebuilt in place has another table, for who starts it then", () => {
  const before = placed(7, "/bin/rebuilt", 256);
  writeFileSync(fileOf("/bin/rebuilt"), "rebuilt");
  assert.equal(tables.want(7, mapping("/bin/rebuilt")), before, "who runs it runs what it was");
  const after = placed(8, "/bin/rebuilt", 256);
  assert.notEqual(after, before);
  assert.equal(tables.want(9, mapping("/bin/rebuilt")), after);
});

test("of files that no process maps any more a bounded number is remembered, and none of their places", async () => {
  const first = placed(7, "/lib/first", 256);
  const usedByOne = spans.usedWords;
  for (let i = 0; i < 8191; i++) {
    tables.want(7, mapping(`/vdso/${i}`));
    requests.shift()?.done({ ...reply(0), table: undefined });
  }
  tables.release(7);
  await new Promise((resolve) => setTimeout(resolve, GRACE_MS + 10));
  placed(8, "/lib/last", 256);
  assert.notEqual(placed(8, "/lib/first", 256), first);
  assert.equal(spans.usedWords, 2 * usedByOne, "what was forgotten gave its place back");
});

test("a file that cannot be opened has none, and is asked for again", () => {
  assert.equal(tables.want(7, mapping("/gone")), undefined);
  assert.equal(requests.length, 0);
});

test("what no process uses gives way, the least recently wanted first; what is used does not", async () => {
  const third = Math.floor(CHUNK_WORDS / 4);
  const [a, b] = [placed(7, "/lib/a", third), placed(8, "/lib/b", third)];
  const c = placed(9, "/lib/c", third);
  assert.equal(placed(9, "/lib/d", third)?.state, "over-budget", "all are in use");
  tables.want(7, mapping("/lib/a")); // a is the one wanted last
  tables.release(7);
  tables.release(8);
  assert.equal(placed(9, "/lib/e", third)?.state, "over-budget", "a walk may still read them");
  await new Promise((resolve) => setTimeout(resolve, GRACE_MS + 10));
  assert.equal(placed(9, "/lib/f", third)?.state, "placed");
  assert.equal(tables.want(1, mapping("/lib/a")), a);
  assert.equal(tables.want(1, mapping("/lib/c")), c);
  assert.notEqual(tables.want(1, mapping("/lib/b")), b, "it went, and is made anew");
});

test("what had no room is tried again on demand", () => {
  const large = placed(7, "/lib/large", 2 * CHUNK_WORDS);
  assert.equal(large?.state, "over-budget");
  assert.equal(tables.want(7, mapping("/lib/large")), large);
  spans.limitWords = 4 * CHUNK_WORDS;
  tables.retry();
  assert.equal(placed(7, "/lib/large", 2 * CHUNK_WORDS)?.state, "placed");
});

/** A file that waits for its table; others are opened by their paths here. */
function sourceOf(path: string, opened: string[] = [], pid = 7): TableFileSource {
  const open = (which: string) => {
    if (!existsSync(which)) return "file-gone" as const;
    opened.push(which);
    return { fd: openSync(which, "r") };
  };
  const files = { openMapped: () => open(path), openDebugFile: (_pid: number, which: string) => open(which) };
  return new TableFileSource(openSync(path, "r"), files, pid, mapping(path));
}

function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

test("the thread makes the table of a real file, and says of others that they have none", async () => {
  const thread = new TableThread(undefined);
  try {
    const ask = (path: string) =>
      new Promise<TableReply>((resolve) => thread.request(sourceOf(path), false, resolve));
    const [own, text] = await Promise.all([ask(process.execPath), ask("/etc/passwd")]);
    assert.ok((own.table?.functions ?? 0) > 10_000 && own.code.length > 0);
    assert.equal(text.table, undefined);
    const vdso = await new Promise<TableReply>((resolve) => thread.request({ vdso: true }, true, resolve));
    assert.ok((vdso.table?.functions ?? 0) > 0);
  } finally {
    thread.close();
  }
});

test("the unwind data that strip took away come from the separate debug file", async () => {
  // Nobody runs them: where the stack is after such an instruction, the code itself does not say.
  const lost = 'asm volatile("mov %0, %%rsp" :: "r"(4096l * n));';
  const functions = Array.from(
    { length: 400 },
    (_, i) => `int f${i}(int n) { ${lost} return n * ${i} + puts(""); }`,
  );
  const source = `#include <stdio.h>\n${functions.join("\n")}\nint main() { return f1(2); }\n`;
  const flags = ["-g", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables"];
  const path = compile(directory, "without-eh-frame", flags, source);
  run("objcopy", "--only-keep-debug", path, `${path}.debug`);
  run("strip", path);
  run("objcopy", `--add-gnu-debuglink=${path}.debug`, path);
  const thread = new TableThread(undefined);
  try {
    const ask = (opened: string[]) =>
      new Promise<TableReply>((resolve) => thread.request(sourceOf(path, opened), false, resolve));
    const opened: string[] = [];
    const whole = await ask(opened);
    assert.deepEqual(opened, [`${path}.debug`]);
    assert.ok((whole.table?.functions ?? 0) > 400, `${whole.table?.functions} functions`);
    const before = openDescriptors();
    rmSync(`${path}.debug`);
    const without = await ask([]);
    assert.ok((without.table?.functions ?? 0) < 20);
    assert.equal(openDescriptors(), before, "a descriptor was left open");
  } finally {
    thread.close();
  }
});

test("of the files that wait for their tables a bounded number is open", async () => {
  const thread = new TableThread(undefined);
  const before = openDescriptors();
  const path = fileOf("/waits");
  writeFileSync(path, "no program");
  const opened: string[] = [];
  const replies = Array.from(
    { length: 3 * MAX_WAITING_FILES },
    (_, i) =>
      new Promise<TableReply>((resolve) => thread.request(sourceOf(path, opened), i % 2 === 0, resolve)),
  );
  // What the thread itself needs is a few more.
  assert.ok(openDescriptors() <= before + MAX_WAITING_FILES + 32, `${openDescriptors() - before} more`);
  assert.ok((await Promise.all(replies)).every(({ table }) => table === undefined));
  assert.ok(opened.length >= MAX_WAITING_FILES, "they were opened again at their turn");
  thread.close();
});

test("a process whose tables take long waits for itself, and others come before its next one", async () => {
  const thread = new TableThread(undefined);
  const order: string[] = [];
  const ask = (name: string, pid: number, path: string) =>
    new Promise<void>((resolve) =>
      thread.request(sourceOf(path, [], pid), name === "named", () => {
        order.push(name);
        resolve();
      }),
    );
  const quick = compile(directory, "quick", [], "int main() { return 0; }");
  const slow = Array.from({ length: 4 }, (_, i) => ask(`slow ${i}`, 1, process.execPath));
  await Promise.all([...slow, ask("other", 2, quick), ask("another", 3, quick), ask("named", 1, quick)]);
  thread.close();
  assert.deepEqual(order, ["slow 0", "named", "other", "another", "slow 1", "slow 2", "slow 3"]);
});

test("a held file is there when it is deleted, and a bounded number of them is held", () => {
  const path = fileOf("/held");
  writeFileSync(path, "what was mapped");
  const source = new ProcFileSource();
  source.openMapped = (pid) => (pid === 1 ? { fd: openSync(path, "r") } : "io-error");
  const held = new HeldFiles(source);
  held.hold(1, mapping("/lib/held"));
  rmSync(path);
  const copy = held.openMapped(2, mapping("/lib/held"));
  assert.ok(typeof copy === "object" && copy.fd > 0);
  assert.equal(Buffer.from(held.read(2, mapping("/lib/held"), 5, 100)).toString(), "was mapped");
  assert.equal(held.openMapped(2, mapping("/lib/other")), "io-error");
  assert.equal(held.read(2, mapping("/lib/other"), 0, 1).length, 0);
  held.close();
});
