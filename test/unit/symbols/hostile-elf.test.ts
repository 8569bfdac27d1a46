import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { buildId } from "../../../bpf/symbols/build-id.js";
import { ElfResolver } from "../../../bpf/symbols/elf-resolver.js";
import { fileFromBytes, fileFromDescriptor } from "../../../bpf/symbols/open-file.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import { compile, lowestFreeDescriptor, seededRandom, temporaryDirectory } from "./compiled.js";

const directory = temporaryDirectory();
const original = readFileSync(compile(directory, "victim", []));

/** Asks for names all over an image and for its build id; throws only if they do. */
function exercise(bytes: Uint8Array): number {
  const file = fileFromBytes(bytes);
  buildId(file);
  const resolver = ElfResolver.open(file);
  if (isReason(resolver)) return 0;
  let named = 0;
  for (let offset = 0; offset < bytes.length + 64; offset += 97) {
    const match = resolver.resolve(offset);
    assert.ok(match.name || match.reason, `${offset} has neither a name nor a reason`);
    if (match.name) named++;
  }
  return named;
}

test("a truncated file has names or reasons", () => {
  assert.ok(exercise(original) > 0);
  for (let length = 0; length < original.length; length += 100) exercise(original.subarray(0, length));
});

test("flipped bytes give names or reasons, and in time", () => {
  const random = seededRandom(20_26);
  const started = performance.now();
  let slowest = 0;
  for (let round = 0; round < 1500; round++) {
    const bytes = Uint8Array.from(original);
    // Half of the rounds hit the headers, where a flip does most.
    const reach = round % 2 ? bytes.length : 1024;
    for (let flips = 1 + Math.floor(random() * 12); flips > 0; flips--) {
      const tail = round % 4 === 0 ? bytes.length - reach : 0;
      bytes[tail + Math.floor(random() * reach)] = Math.floor(random() * 256);
    }
    const before = performance.now();
    exercise(bytes);
    slowest = Math.max(slowest, performance.now() - before);
  }
  console.log(
    `1500 damaged files in ${(performance.now() - started).toFixed(0)} ms, slowest ${slowest.toFixed(1)} ms`,
  );
});

test("other files are unsupported", () => {
  const with32 = Uint8Array.from(original);
  with32[4] = 1;
  const bigEndian = Uint8Array.from(original);
  bigEndian[5] = 2;
  for (const bytes of [new Uint8Array(0), Buffer.from("#!/bin/sh\n".repeat(20)), with32, bigEndian]) {
    assert.equal(ElfResolver.open(fileFromBytes(bytes)), "unsupported");
  }
});

test("only regular files are read, and descriptors of others are closed", () => {
  const before = lowestFreeDescriptor();
  const fifo = join(directory, "fifo");
  execFileSync("mkfifo", [fifo]);
  mkdirSync(join(directory, "folder"));
  for (const path of ["/dev/zero", join(directory, "folder")]) {
    assert.equal(fileFromDescriptor(openSync(path, "r")), "unsupported");
  }
  assert.equal(fileFromDescriptor(openSync(fifo, "r+")), "unsupported");
  assert.equal(fileFromDescriptor(-1), "io-error");
  assert.equal(lowestFreeDescriptor(), before);
});

test("a symbol table that covers everything many times over stays quick", () => {
  // 200,000 symbols that all reach to the end: the image of the victim with its symbol table put behind it.
  const count = 200_000;
  const bytes = new Uint8Array(original.length + count * 24);
  bytes.set(original);
  const view = new DataView(bytes.buffer);
  const sections = Number(view.getBigUint64(40, true));
  for (let i = 0; i < view.getUint16(60, true); i++) {
    const header = sections + i * 64;
    if (view.getUint32(header + 4, true) !== 2) continue;
    view.setBigUint64(header + 24, BigInt(original.length), true);
    view.setBigUint64(header + 32, BigInt(count * 24), true);
  }
  for (let i = 0; i < count; i++) {
    const entry = original.length + i * 24;
    view.setUint32(entry, 1 + (i % 7), true);
    view.setUint32(entry + 4, 0x0001_0012, true);
    view.setBigUint64(entry + 8, BigInt(1 + (i % 9) * 500), true);
    view.setBigUint64(entry + 16, BigInt(1 << 20), true);
  }
  const started = performance.now();
  exercise(bytes);
  console.log(`200,000 overlapping symbols: ${(performance.now() - started).toFixed(0)} ms`);
});
