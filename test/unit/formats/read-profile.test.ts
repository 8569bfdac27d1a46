import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { type FormatName, ProfileFrame, type ReadOptions, readProfile } from "../../../kernel/index.js";
import { richProfile } from "../../helpers/profile-files.js";

const folder = mkdtempSync(join(tmpdir(), "read-profile-"));
const file = (name: string) => join(folder, name);
const frame = ProfileFrame.fromProfile(richProfile());

test("every format is told by its content, whatever the name, gzipped or not", async () => {
  const written: [FormatName, string | Uint8Array][] = [
    ["pprof", frame.toPprof()],
    ["speedscope", frame.toSpeedscope()],
    ["firefox", frame.toFirefox()],
    ["cpuprofile", frame.toCpuprofile()],
    ["perf", frame.toPerfScript()],
    ["arrow", frame.toArrow()],
    ["folded", frame.toFolded()],
  ];
  for (const [format, content] of written) {
    for (const bytes of [content, gzipSync(content)]) {
      writeFileSync(file("profile"), bytes);
      const read = await readProfile(file("profile"));
      assert.equal(read.meta.source?.format, format);
      assert.equal(read.toFolded(), frame.toFolded(), format);
    }
  }
});

test("the folder of a recording is loaded", async () => {
  await frame.save(file("recording"));
  const read = await readProfile(file("recording"));
  assert.equal(read.meta.recording?.folder, file("recording"));
  assert.deepEqual(read.toJSON(), frame.toJSON());
  await assert.rejects(readProfile(file("recording"), { format: "arrow" }), /expected a file or a recording/);
});

test("a method writes its file whole, and returns what is in it", () => {
  const path = file("written.txt");
  assert.equal(frame.toFolded(path), readFileSync(path, "utf8"));
  assert.match(frame.toFolded(path, { comm: true, annotations: true }), /^web server;main;.*;read_\[k\] 1$/m);
  assert.equal(frame.toFolded({ comm: true }), frame.toFolded(path, { comm: true }));
  assert.throws(() => frame.toPprof(file("no/such/folder")), { code: "ENOENT" });
  mkdirSync(file("taken"));
  assert.throws(() => frame.toPprof(file("taken")), /taken/);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".part")),
    [],
  );
});

test("options of folded stacks, written and read", async () => {
  const path = file("folded");
  const mixed = frame.query((row) => row.leaf === "read");
  assert.equal(
    mixed.toFolded(path, { comm: true, annotations: true, delimited: true }),
    "web server;main;std::map<int, int>::at(int);inner;étape (lambda) [clone];-;read_[k] 1\n",
  );
  const read = await readProfile(path, { comm: true });
  assert.equal(read.toFolded(), mixed.toFolded());
  assert.deepEqual(
    [read.comm.values, read.kind.values, read.module.values],
    [["web server"], ["kernel"], ["[kernel]"]],
  );
});

test("what cannot be read is said with the file's name", async () => {
  await assert.rejects(readProfile(folder), {
    name: "FormatError",
    message: /expected a file or a recording, this is another folder or a device/,
  });
  await assert.rejects(readProfile("/dev/zero"), { name: "FormatError", message: /^\/dev\/zero: / });
  await assert.rejects(readProfile(file("absent")), { code: "ENOENT", message: /absent/ });
  writeFileSync(file("prose"), "Dear all,\nthis is no profile.\n");
  await assert.rejects(readProfile(file("prose")), {
    name: "FormatError",
    message: /prose: byte 0: expected a profile of a known format; \{ format \}/,
  });
  await assert.rejects(readProfile(file("prose"), { format: "pprof" }), {
    name: "FormatError",
    message: /prose: byte \d+: .* \(read as pprof\)$/,
  });
  await assert.rejects(readProfile(file("prose"), { format: "gecko" as FormatName }), {
    name: "OptionError",
    message: /option "format" must be one of "pprof"/,
  });
  await assert.rejects(readProfile(file("prose"), { sampletype: "x" } as ReadOptions), {
    name: "OptionError",
    message: /sampletype/,
  });
});
