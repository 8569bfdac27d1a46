import "../../../helpers/as-sampler.js";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { unzstd } from "../../../../bpf/symbols/dwarf/decompress.js";
import { DwarfLines, MAX_FRAMES } from "../../../../bpf/symbols/dwarf/dwarf-lines.js";
import { ElfFile } from "../../../../bpf/symbols/elf-file.js";
import { fileFromBytes, fileFromDescriptor } from "../../../../bpf/symbols/open-file.js";
import { isReason } from "../../../../bpf/symbols/reason.js";
import { withPeak } from "../../../helpers/peak-memory.js";
import { seededRandom, temporaryDirectory } from "../compiled.js";
import { build } from "./programs.js";

const MUTATIONS = 10_000;
const MAX_MS = 1000;
const MAX_BYTES = 256 << 20;

const directory = temporaryDirectory();
const victims = [
  build(directory, "four", "gcc", ["-gdwarf-4"]),
  build(directory, "five", "clang", ["-gdwarf-5"]),
  build(directory, "packed", "gcc", ["-gdwarf-5", "-gz=zlib"]),
  build(directory, "zstd", "clang", ["-gdwarf-4"]),
  build(directory, "split", "clang", ["-gdwarf-5", "-gsplit-dwarf"]),
  build(directory, "whole-program", "gcc", ["-gdwarf-5", "-flto"]),
];
/** Place of the one that is compressed with zstd, and how often it has its turn. */
const ZSTD = 3;
const ZSTD_PART = 40;
execFileSync("objcopy", ["--compress-debug-sections=zstd", victims[ZSTD]]);

/** An image, where its code is, and where its debug sections are: what is hit most. */
const images = victims.map((path) => {
  const bytes = readFileSync(path);
  const elf = ElfFile.read(fileFromBytes(bytes));
  if (isReason(elf)) throw new Error(`${path}: ${elf}`);
  const code = elf.sections.find((section) => section.name === ".text");
  const targets = elf.sections.filter((section) => section.name.startsWith(".debug_") && section.size > 0);
  if (!code || targets.length < 4) throw new Error(`${path} has no debug sections`);
  return { bytes, code, targets };
});

const others = images.filter((_, i) => i !== ZSTD);

/** Asks an image about addresses all over its code; throws only if the reader does. Gives the number of frames. */
function exercise(bytes: Uint8Array, code: { address: number; size: number }): number {
  const elf = ElfFile.read(fileFromBytes(bytes));
  if (isReason(elf)) return 0;
  const dwarf = DwarfLines.open(elf);
  if (isReason(dwarf)) return 0;
  let frames = 0;
  for (let offset = 0; offset < code.size; offset += 24) frames += dwarf.frames(code.address + offset).length;
  for (const address of [0, 1, -1, Number.NaN, 2 ** 53]) dwarf.frames(address);
  dwarf.notes();
  assert.ok(dwarf.sizeBytes < MAX_BYTES);
  return frames;
}

/** Starts a clock; it gives milliseconds, without those in which other processes had the CPU. */
function clock(): () => number {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return Math.min(performance.now() - wall, (user + system) / 1000);
  };
}

test("the images have frames while they are whole", () => {
  for (const { bytes, code } of images) assert.ok(exercise(bytes, code) > 10);
});

test(`${MUTATIONS.toLocaleString("en")} damaged images give frames or none, in time and in little memory`, () => {
  const random = seededRandom(20_26);
  let [slowest, largest, withFrames] = [0, 0, 0];
  for (let round = 0; round < MUTATIONS; round++) {
    // zstd is unpacked in a context of V8's of its own, which takes longer than all else.
    const isZstdTurn = round % ZSTD_PART === 0;
    const image = isZstdTurn ? images[ZSTD] : others[round % others.length];
    const { bytes: original, code, targets } = image;
    const bytes = new Uint8Array(original);
    const target = targets[Math.floor(random() * targets.length)];
    for (let flips = 1 + Math.floor(random() * 10); flips > 0; flips--) {
      // Headers stand at the beginnings, and a flip does most there.
      const reach = random() < 0.5 ? Math.min(target.size, 64) : target.size;
      const extreme = [0, 1, 0x7f, 0x80, 0xff][Math.floor(random() * 5)];
      bytes[target.offset + Math.floor(random() * reach)] =
        random() < 0.5 ? extreme : Math.floor(random() * 256);
    }
    const started = performance.now();
    const { result: frames, peakBytes } = withPeak(() => exercise(bytes, code));
    if (frames > 0) withFrames++;
    let tookMs = performance.now() - started;
    if (tookMs > MAX_MS) {
      // Others may have had the CPU.
      const took = clock();
      exercise(bytes, code);
      tookMs = took();
    }
    slowest = Math.max(slowest, tookMs);
    largest = Math.max(largest, peakBytes);
  }
  console.log(
    `${MUTATIONS} damaged images: slowest ${slowest.toFixed(0)} ms, at most ${(largest / 2 ** 20).toFixed(0)} MiB, ` +
      `${withFrames} still have frames`,
  );
  assert.ok(slowest < MAX_MS, `${slowest} ms`);
  assert.ok(largest < MAX_BYTES, `${largest} bytes`);
  assert.ok(withFrames > MUTATIONS / 10 && withFrames < MUTATIONS, "the flips damage some and not all");
});

test("a truncated image has frames or none", () => {
  for (const { bytes, code } of images) {
    for (let length = 0; length < bytes.length; length += 512) exercise(bytes.subarray(0, length), code);
  }
});

test("sections of random bytes give frames or none", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 600; round++) {
    const { bytes: original, code, targets } = images[round % images.length];
    const bytes = new Uint8Array(original);
    const target = targets[Math.floor(random() * targets.length)];
    for (let i = 0; i < target.size; i++) bytes[target.offset + i] = Math.floor(random() * 256);
    const took = clock();
    exercise(bytes, code);
    assert.ok(took() < MAX_MS);
  }
});

/** Makes an ELF file that has nothing but sections. */
function elfOf(sections: Record<string, Buffer>): Buffer {
  const names = ["", ...Object.keys(sections), ".shstrtab"];
  const strings = Buffer.from(names.map((name) => `${name}\0`).join(""));
  const bodies = [Buffer.alloc(0), ...Object.values(sections), strings];
  const header = Buffer.alloc(64);
  header.write("\x7fELF\x02\x01\x01", "latin1");
  header.writeBigUInt64LE(64n, 40); // The section headers follow at once.
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(bodies.length, 60);
  header.writeUInt16LE(bodies.length - 1, 62);
  let offset = 64 + bodies.length * 64;
  let name = 0;
  const headers = bodies.map((body, i) => {
    const entry = Buffer.alloc(64);
    entry.writeUInt32LE(name, 0);
    entry.writeUInt32LE(i === 0 ? 0 : 1, 4);
    entry.writeBigUInt64LE(BigInt(offset), 24);
    entry.writeBigUInt64LE(BigInt(body.length), 32);
    offset += body.length;
    name += names[i].length + 1;
    return entry;
  });
  return Buffer.concat([header, ...headers, ...bodies]);
}

/** A unit of DWARF 4 whose root covers 0x1000 to 0x2000, with `entries` behind it. */
function unitOf(entries: Buffer): Buffer {
  const root = Buffer.from([1, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0]);
  const header = Buffer.alloc(11);
  header.writeUInt32LE(7 + root.length + entries.length, 0);
  header.writeUInt16LE(4, 4);
  header[10] = 8;
  return Buffer.concat([header, root, entries]);
}

/** 1: a compile unit with low and high pc; 2: a subprogram with ranges at sec_offset; 3: an inlined one in itself. */
const ABBREVIATIONS = Buffer.from([
  ...[1, 0x11, 1, 0x11, 0x01, 0x12, 0x05, 0, 0],
  ...[2, 0x2e, 0, 0x55, 0x17, 0, 0],
  ...[3, 0x2e, 1, 0x11, 0x01, 0x12, 0x0b, 0x31, 0x13, 0, 0],
  0,
]);

function inTime(sections: Record<string, Buffer>): number {
  const bytes = elfOf(sections);
  const elapsed = clock();
  const { result: frames, peakBytes } = withPeak(() => exercise(bytes, { address: 0x1000, size: 0x400 }));
  const took = elapsed();
  console.log(`${(bytes.length / 2 ** 20).toFixed(1)} MiB: ${took.toFixed(0)} ms, ${frames} frames`);
  assert.ok(took < MAX_MS, `${took} ms`);
  assert.ok(peakBytes < MAX_BYTES, `${peakBytes} bytes`);
  return frames;
}

test("a hundred thousand functions that share one list of a million ranges", () => {
  const entries = Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from([2, 0, 0, 0, 0])));
  const lists = { empty: [5, 5], base: [2n ** 64n - 1n, 0x1000n], real: [0x1000, 0x1001] };
  for (const [start, end] of Object.values(lists)) {
    const pair = new BigUint64Array([BigInt(start), BigInt(end)]);
    const ranges = Buffer.concat(Array.from({ length: 1 << 20 }, () => Buffer.from(pair.buffer)));
    inTime({ ".debug_info": unitOf(entries), ".debug_abbrev": ABBREVIATIONS, ".debug_ranges": ranges });
  }
});

test("functions nested without end, each of which is its own origin", () => {
  const entry = Buffer.from([3, 0, 0x10, 0, 0, 0, 0, 0, 0, 0xff, 24, 0, 0, 0]);
  const entries = Buffer.concat(Array.from({ length: 200_000 }, () => entry));
  assert.ok(inTime({ ".debug_info": unitOf(entries), ".debug_abbrev": ABBREVIATIONS }) > 0);
});

test("functions inlined in each other without end: some are given, the innermost among them", () => {
  // 4: a subprogram with children and code; 5: one inlined there, with children; both without a name.
  const inlining = Buffer.from([
    ...[4, 0x2e, 1, 0x11, 0x01, 0x12, 0x0b, 0, 0],
    ...[5, 0x1d, 1, 0x11, 0x01, 0x12, 0x0b, 0, 0],
    0,
  ]);
  const entry = (code: number) => Buffer.from([code, 0, 0x10, 0, 0, 0, 0, 0, 0, 0xff]);
  const entries = Buffer.concat([entry(4), ...Array.from({ length: 3000 }, () => entry(5))]);
  const abbreviations = Buffer.concat([ABBREVIATIONS.subarray(0, -1), inlining]);
  const elf = ElfFile.read(
    fileFromBytes(elfOf({ ".debug_info": unitOf(entries), ".debug_abbrev": abbreviations })),
  );
  const dwarf = isReason(elf) ? elf : DwarfLines.open(elf);
  if (isReason(dwarf)) throw new Error(dwarf);
  const frames = dwarf.frames(0x1010);
  assert.equal(frames.length, MAX_FRAMES);
  assert.deepEqual(
    frames.map(({ inlined }) => inlined),
    frames.map((_, i) => i > 0),
  );
});

test("a hundred thousand units, each over all addresses", () => {
  const units = Buffer.concat(Array.from({ length: 100_000 }, () => unitOf(Buffer.from([0]))));
  inTime({ ".debug_info": units, ".debug_abbrev": ABBREVIATIONS });
});

test("zstd data that would be unpacked for minutes is given up", () => {
  // A frame of one segment with one compressed block of 98,047 sequences, each with the longest match there is.
  const block = Buffer.from([0x01, 0x61, 0xff, 0xff, 0xff, 0x54, 0, 0, 52, 0x80]);
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 16, 0]);
  const size = Buffer.alloc(3);
  size.writeUIntLE((block.length << 3) | (2 << 1) | 1, 0, 3);
  const took = clock();
  assert.equal(unzstd(Buffer.concat([header, size, block]), 1 << 19, 100), undefined);
  const tookMs = took();
  console.log(`hostile zstd: ${tookMs.toFixed(0)} ms`);
  assert.ok(tookMs < MAX_MS, `${tookMs} ms`);
});

test("a file without DWARF has none", () => {
  const file = fileFromDescriptor(openSync("/proc/self/exe", "r"));
  const elf = isReason(file) ? file : ElfFile.read(fileFromBytes(file.read(0, 1 << 12)));
  if (isReason(elf)) throw new Error(elf);
  assert.equal(DwarfLines.open(elf), "missing-symbols");
});
