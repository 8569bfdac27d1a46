import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { fileFromBytes } from "../../../bpf/symbols/open-file.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import { TableCache } from "../../../bpf/unwind/table-cache.js";
import { loadUnwindTable } from "../../../bpf/unwind/table-loader.js";
import type { UnwindTable } from "../../../bpf/unwind/unwind-table.js";
import { CfiBuilder, elfImage, tableOfEhFrame } from "./cfi-image.js";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tables-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function someTable(): UnwindTable {
  const builder = new CfiBuilder();
  const cie = builder.cie();
  builder.fde(cie, [0x41, 0x0e, 16, 0x41, 0x0c, 7, 0xa0, 0x8d, 0x06]);
  return tableOfEhFrame(builder);
}

const plain = (table: UnwindTable | undefined) =>
  table && { ...table, rows: [...table.rows], index: [...table.index], rules: [...table.rules] };
const onlyFile = () => join(directory, readdirSync(directory)[0]);

describe("the cache of tables", () => {
  test("gives back what was kept, under its key only", () => {
    const cache = new TableCache(directory);
    const table = someTable();
    assert.ok(table.rules.length > 0 && table.rows.length > 4);
    cache.write("one", table);
    assert.deepEqual(plain(cache.read("one")), plain(table));
    assert.equal(cache.read("two"), undefined);
    assert.equal(statSync(onlyFile()).mode & 0o777, 0o600);
  });

  test("a file of another key at the same name is not taken", () => {
    const cache = new TableCache(directory);
    cache.write("one", someTable());
    const bytes = readFileSync(onlyFile());
    rmSync(onlyFile());
    cache.write("two", someTable());
    writeFileSync(onlyFile(), bytes);
    assert.equal(cache.read("two"), undefined);
  });

  test("every flipped bit and every truncation is found", () => {
    const cache = new TableCache(directory);
    cache.write("key", someTable());
    const path = onlyFile();
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] ^= 1 << (at & 7);
      writeFileSync(path, damaged);
      assert.equal(cache.read("key"), undefined, `byte ${at}`);
      writeFileSync(path, bytes.subarray(0, at));
      assert.equal(cache.read("key"), undefined, `${at} bytes`);
    }
    writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(4)]));
    assert.equal(cache.read("key"), undefined, "longer");
    writeFileSync(path, bytes);
    assert.ok(cache.read("key"));
  });

  test("symbolic links and directories are not read, and writing does not follow them", () => {
    const cache = new TableCache(directory);
    cache.write("key", someTable());
    const path = onlyFile();
    const elsewhere = mkdtempSync(join(tmpdir(), "elsewhere-"));
    try {
      const target = join(elsewhere, "target");
      writeFileSync(target, readFileSync(path));
      rmSync(path);
      symlinkSync(target, path);
      assert.equal(cache.read("key"), undefined);
      truncateSync(target);
      cache.write("key", someTable());
      assert.equal(statSync(target).size, 0);
      assert.ok(cache.read("key"));
      rmSync(path);
      mkdirSync(path);
      assert.equal(cache.read("key"), undefined);
      cache.write("key", someTable());
      assert.equal(readdirSync(directory).length, 1);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  test("a file of another user is not read", () => {
    const cache = new TableCache(directory);
    cache.write("key", someTable());
    // Only root can give a file away; for others the cache is asked as if it were another's.
    const isRoot = process.getuid?.() === 0;
    const { getuid } = process;
    try {
      if (isRoot) chownSync(onlyFile(), 12_345, 12_345);
      else process.getuid = () => 12_345;
      assert.equal(cache.read("key"), undefined);
    } finally {
      process.getuid = getuid;
    }
  });

  test("the least recently used give way", () => {
    const bytes = (() => {
      const cache = new TableCache(directory);
      cache.write("old", someTable());
      return statSync(onlyFile()).size;
    })();
    const cache = new TableCache(directory, bytes * 2.5);
    const first = onlyFile();
    utimesSync(first, 1000, 1000);
    cache.write("new", someTable());
    for (const name of readdirSync(directory)) utimesSync(join(directory, name), 2000, 2000);
    utimesSync(first, 1000, 1000);
    assert.ok(cache.read("old"), "which makes it the last used");
    cache.write("newest", someTable());
    assert.deepEqual(
      ["old", "new", "newest"].map((key) => cache.read(key) !== undefined),
      [true, false, true],
    );
  });

  test("what a writer left behind long ago is removed", () => {
    const left = join(directory, "0123456789abcdef.writing");
    writeFileSync(left, "half a table");
    utimesSync(left, 1000, 1000);
    writeFileSync(join(directory, "another file"), "stays");
    const cache = new TableCache(directory);
    cache.write("key", someTable());
    assert.deepEqual(
      readdirSync(directory).filter((name) => !name.endsWith(".unwind")),
      ["another file"],
    );
  });

  test("a table larger than the cache, and a directory that is not there, keep nothing", () => {
    new TableCache(directory, 100).write("key", someTable());
    assert.deepEqual(readdirSync(directory), []);
    const missing = new TableCache(join(directory, "missing"));
    missing.write("key", someTable());
    assert.equal(missing.read("key"), undefined);
  });

  test("a file is built once, and again when its kept table is damaged", () => {
    const builder = new CfiBuilder();
    builder.fde(builder.cie(), [0x41, 0x0e, 16]);
    const file = fileFromBytes(elfImage({ ehFrame: builder.bytes }), "identity");
    const cache = new TableCache(directory);
    const built = loadUnwindTable(file, cache);
    assert.ok(!isReason(built) && built.functions === 1);
    chmodSync(onlyFile(), 0o600);
    writeFileSync(onlyFile(), "damage");
    const again = loadUnwindTable(file, cache);
    assert.ok(!isReason(again));
    assert.deepEqual(plain(again), plain(built));
    assert.ok(cache.read(TableCache.keyOf(file, undefined)));
  });

  test("a file of another owner that claims the same build id, at the same size, has a table of its own", () => {
    const compile = (name: string, ...flags: string[]) => {
      const path = join(directory, name);
      writeFileSync(`${path}.c`, "int f(int (*g)(int *)) { int a[9]; return g(a) + a[3]; }");
      execFileSync("gcc", ["-O1", "-shared", "-Wl,--build-id=0xabcdef", ...flags, "-o", path, `${path}.c`]);
      return readFileSync(path);
    };
    const [own, claimed] = [compile("own"), compile("claimed", "-fno-omit-frame-pointer", "-mno-red-zone")];
    const size = Math.max(own.length, claimed.length);
    const [mine, theirs] = [own, claimed].map((bytes, i) =>
      fileFromBytes(Buffer.concat([bytes, Buffer.alloc(size - bytes.length)]), `file ${i}`, 1000 * i),
    );
    const cached = join(directory, "cache");
    mkdirSync(cached);
    const cache = new TableCache(cached);
    const wrong = loadUnwindTable(theirs, cache);
    const right = loadUnwindTable(mine, cache);
    assert.ok(!isReason(wrong) && !isReason(right));
    assert.notDeepEqual(plain(right), plain(wrong));
    assert.deepEqual(plain(right), plain(loadUnwindTable(mine) as UnwindTable));
  });
});
