import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { saved } from "../../../kernel/formats/saved.js";

const folder = mkdtempSync(join(tmpdir(), "proflab-saved-"));
after(() => rmSync(folder, { recursive: true }));

test("a file appears, is replaced, and keeps its permissions", () => {
  const file = join(folder, "file");
  assert.equal(saved("one", file), "one");
  chmodSync(file, 0o606);
  saved("two", file);
  assert.equal(readFileSync(file, "utf8"), "two");
  assert.equal(statSync(file).mode & 0o777, 0o606);
  assert.throws(() => saved("three", join(folder, "no/file")), /ENOENT.*no\/file/);
  assert.throws(() => saved("three", folder), /EISDIR/);
  assert.deepEqual(readdirSync(folder), ["file"]);
});

test("a link stays one, and its file is replaced", () => {
  const [target, link] = [join(folder, "target"), join(folder, "link")];
  writeFileSync(target, "one");
  symlinkSync("target", link);
  saved("two", link);
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(readFileSync(target, "utf8"), "two");
});

test("a link to what is not there yet stays one, and its file appears", () => {
  const [first, second] = [join(folder, "first"), join(folder, "second")];
  symlinkSync("second", first);
  symlinkSync("later", second);
  saved("one", first);
  assert.ok(lstatSync(first).isSymbolicLink() && lstatSync(second).isSymbolicLink());
  assert.equal(readFileSync(join(folder, "later"), "utf8"), "one");
});

test("what is no file is written to, not replaced", () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const reader = openSync(pipe, constants.O_RDWR);
  saved("text", pipe);
  assert.ok(lstatSync(pipe).isFIFO());
  const bytes = Buffer.alloc(10);
  assert.equal(bytes.toString("utf8", 0, readSync(reader, bytes)), "text");
  closeSync(reader);
});
