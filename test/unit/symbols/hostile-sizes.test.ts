import "../../helpers/as-sampler.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildId } from "../../../bpf/symbols/build-id.js";
import { ElfResolver } from "../../../bpf/symbols/elf-resolver.js";
import { fileFromBytes, type OpenFile } from "../../../bpf/symbols/open-file.js";
import { PerfMap } from "../../../bpf/symbols/perf-map.js";
import { MAX_PERF_MAP_BYTES } from "../../../bpf/symbols/proc-file-source.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import { withPeak } from "../../helpers/peak-memory.js";

/** Of CPU: other processes make it wait, too. */
const MAX_MS = 1000;
const MAX_BYTES = 256 << 20;

/** Does work that must take neither a second nor 256 MiB beyond what there was before. */
function bounded<T>(name: string, work: () => T): T {
  const before = process.cpuUsage();
  const { result, peakBytes } = withPeak(work);
  const { user, system } = process.cpuUsage(before);
  const tookMs = (user + system) / 1000;
  console.log(`${name}: ${tookMs.toFixed(0)} ms, ${peakBytes >> 20} MiB`);
  assert.ok(tookMs < MAX_MS, `${name}: ${tookMs} ms`);
  assert.ok(peakBytes < MAX_BYTES, `${name}: ${peakBytes} bytes`);
  return result;
}

/** As many entries as there is room for, each a little different. */
function lines(entry: (number: number) => string): Buffer {
  const map = Buffer.alloc(MAX_PERF_MAP_BYTES);
  let at = 0;
  for (let i = 0; at < map.length; i++) at += map.write(`${entry(i)}\n`, at);
  return map;
}

const MAPS: Record<string, () => Buffer> = {
  "nothing but ends of lines": () => Buffer.alloc(MAX_PERF_MAP_BYTES, "\n"),
  "nothing but zeros": () => Buffer.alloc(MAX_PERF_MAP_BYTES),
  "lines that are no entries": () => Buffer.alloc(MAX_PERF_MAP_BYTES, "x\n"),
  "the shortest entries": () => Buffer.alloc(MAX_PERF_MAP_BYTES, "1 1 a\n"),
  "entries far apart that overlap": () =>
    lines((i) => `${((i * 0x9e3779b97f4a) % 0x7fffffffffff).toString(16)} ffffffff f${i}`),
  "entries within each other": () => lines((i) => `${i.toString(16)} ${(4_000_000 - 2 * i).toString(16)} f`),
  "entries around each other": () =>
    lines((i) => `${(4_000_000 - i).toString(16)} ${(1 + 2 * i).toString(16)} f`),
};

for (const [name, map] of Object.entries(MAPS))
  test(`a perf map as large as one is read: ${name}`, () => {
    const bytes = map();
    const read = bounded(name, () => PerfMap.parse(bytes));
    for (let address = 0; address < 0x10000; address += 0x777) read.find(address);
  });

/** A header with a program header of all code, and section headers of which section 0 tells the number. */
function withSections(count: number, header: (entry: Buffer) => void): OpenFile {
  const sectionsAt = 8192;
  const bytes = Buffer.alloc(sectionsAt + count * 64 + 128);
  bytes.write("\x7fELF\x02\x01\x01", "latin1");
  bytes.writeUInt16LE(62, 18);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeBigUInt64LE(BigInt(sectionsAt), 40);
  for (const [value, at] of [
    [56, 54],
    [1, 56],
    [64, 58],
    [1, 62],
  ])
    bytes.writeUInt16LE(value, at);
  bytes.writeUInt32LE(1, 64); // PT_LOAD
  bytes.writeUInt32LE(5, 68); // that can be read and executed
  bytes.writeBigUInt64LE(BigInt(sectionsAt), 96);
  bytes.writeBigUInt64LE(BigInt(count), sectionsAt + 32);
  for (let i = 1; i < count; i++) header(bytes.subarray(sectionsAt + i * 64, sectionsAt + i * 64 + 64));
  return fileFromBytes(bytes);
}

const SECTIONS = 1 << 16;
test("as many sections as are read, all of the same kind and place", () => {
  for (const type of [1, 2, 4, 7, 11]) {
    const file = withSections(SECTIONS, (entry) => {
      entry.writeUInt32LE(type, 4);
      entry.writeBigUInt64LE(BigInt(1 << 20), 24);
      entry.writeBigUInt64LE(BigInt(1 << 20), 32);
      entry.writeBigUInt64LE(24n, 56);
    });
    bounded(`sections of type ${type}`, () => {
      buildId(file);
      const resolver = ElfResolver.open(file);
      if (isReason(resolver)) throw new Error(resolver);
      const { name, reason } = resolver.resolve(4096);
      assert.ok(name || reason);
    });
  }
});
