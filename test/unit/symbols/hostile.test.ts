import "../../helpers/as-sampler.js";
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { after, test } from "node:test";
import { buildId } from "../../../bpf/symbols/build-id.js";
import { readDebugLink } from "../../../bpf/symbols/debug-file.js";
import { ElfFile } from "../../../bpf/symbols/elf-file.js";
import { ElfResolver } from "../../../bpf/symbols/elf-resolver.js";
import { JitDump } from "../../../bpf/symbols/jit-dump.js";
import { Kallsyms } from "../../../bpf/symbols/kallsyms.js";
import { MappingTable } from "../../../bpf/symbols/mapping-table.js";
import { parseMaps } from "../../../bpf/symbols/maps.js";
import { fileFromBytes } from "../../../bpf/symbols/open-file.js";
import { PerfMap } from "../../../bpf/symbols/perf-map.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import { XzUnpacker } from "../../../bpf/symbols/xz.js";
import { compile, run, seededRandom, temporaryDirectory } from "./compiled.js";
import { closeRecord, debugInfo, header, load, move } from "./jit-records.js";

const ROUNDS = 10_000;
const MAX_MS = 1000;
const MAX_MEMORY_MIB = 256;

const directory = temporaryDirectory();
const xz = new XzUnpacker();
after(() => xz.close());

/** A stripped program with everything that is read of one: stubs, a debug link and mini debug information. */
function victim(): Buffer {
  const path = compile(directory, "victim", ["-Wl,--build-id=sha1", "-Wl,-z,lazy"]);
  run("objcopy", "--only-keep-debug", path, `${path}.debug`);
  run("strip", "--strip-debug", `${path}.debug`);
  run("xz", "-k", `${path}.debug`);
  run("strip", path);
  run("objcopy", `--add-gnu-debuglink=${path}.debug`, path);
  run("objcopy", "--add-section", `.gnu_debugdata=${path}.debug.xz`, path);
  rmSync(`${path}.debug.xz`);
  return readFileSync(path);
}

const NASTY = [
  0,
  1,
  0x7f,
  0x80,
  0xff,
  0x7fffffff,
  0x80000000,
  0xffffffff,
  0x7fffffffffff,
  2 ** 53,
  2 ** 64 - 2048,
];

/** Truncates, flips, overwrites with numbers at the edges, copies and removes pieces. */
function mutate(original: Uint8Array, random: () => number, isText: boolean): Buffer {
  const pick = (below: number) => Math.floor(random() * below);
  let bytes = Buffer.from(original);
  for (let change = 1 + pick(6); change > 0; change--) {
    // Headers are at both ends; a change there does most.
    const zone = Math.min(bytes.length, [bytes.length, 1024, 4096][pick(3)]);
    const at = (random() < 0.5 ? 0 : bytes.length - zone) + pick(Math.max(zone, 1));
    const kind = pick(10);
    if (kind < 5) bytes[at] = isText ? 32 + pick(95) : pick(256);
    else if (kind < 8 && !isText) {
      const nasty = BigInt(NASTY[pick(NASTY.length)]);
      if (at + 8 <= bytes.length) bytes.writeBigUInt64LE(BigInt.asUintN(64, nasty), at & ~3);
    } else if (kind === 8) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + pick(40))]);
    else if (random() < 0.2) bytes = bytes.subarray(0, at);
    else
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(pick(bytes.length)), bytes.subarray(at)]);
    if (bytes.length > original.length * 4) bytes = bytes.subarray(0, original.length * 4);
  }
  return bytes;
}

/** Has every mutation read; an exception, a second or 256 MiB fail the test. */
function survives(
  name: string,
  seed: number,
  original: Uint8Array,
  read: (bytes: Buffer) => void,
  isText = false,
) {
  test(`${ROUNDS} mutations of ${name} do no harm`, () => {
    const random = seededRandom(seed);
    const memory = process.resourceUsage().maxRSS;
    const started = performance.now();
    let slowestMs = 0;
    read(Buffer.from(original));
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = mutate(original, random, isText);
      const before = performance.now();
      try {
        read(bytes);
      } catch (error) {
        throw new Error(`round ${round} of seed ${seed}`, { cause: error });
      }
      slowestMs = Math.max(slowestMs, performance.now() - before);
    }
    const grownMib = (process.resourceUsage().maxRSS - memory) / 1024;
    const tookMs = performance.now() - started;
    console.log(
      `${name}: ${tookMs.toFixed(0)} ms, slowest ${slowestMs.toFixed(1)} ms, ${grownMib.toFixed(0)} MiB more`,
    );
    assert.ok(slowestMs < MAX_MS, `${slowestMs} ms`);
    assert.ok(grownMib < MAX_MEMORY_MIB, `${grownMib} MiB`);
  });
}

const program = victim();

survives("an ELF file", 41, program, (bytes) => {
  const file = fileFromBytes(bytes);
  xz.beginWindow();
  buildId(file);
  const elf = ElfFile.read(file);
  if (!isReason(elf)) readDebugLink(elf);
  const resolver = ElfResolver.open(file, {
    path: "/x/victim",
    openDebugFile: () => "file-gone",
    unpack: (packed) => (packed.length > 0 ? xz.unpack(packed, 1 << 20) : undefined),
  });
  if (isReason(resolver)) return;
  for (let offset = 0; offset < bytes.length + 64; offset += 397) {
    const match = resolver.resolve(offset);
    assert.ok(match.name || match.reason, `${offset} has neither a name nor a reason`);
  }
});

const stream = packedSymbols();
survives("an xz stream", 42, stream, (bytes) => {
  xz.beginWindow(); // else the time for one window is soon over, and nothing is unpacked any more
  const unpacked = xz.unpack(bytes, 1 << 20);
  if (bytes.equals(stream)) assert.ok(unpacked, "the stream itself");
  assert.ok(unpacked === undefined || unpacked.length <= 1 << 20);
});

const dump = Buffer.concat([
  header(),
  ...Array.from({ length: 30 }, (_, i) =>
    Buffer.concat([
      debugInfo(true, 0x1000 * i, [[0x1000 * i, i, `/a/${i}.py`]]),
      load(true, 0x1000 * i, 0x60, i, `py::f${i}:/a/${i}.py`),
      move(true, 0x1000 * i, 0x100000 * i, 0x60, i),
    ]),
  ),
  closeRecord(),
]);
survives("a jitdump file", 43, dump, (bytes) => {
  const read = JitDump.read(fileFromBytes(bytes));
  for (let address = 0; address < 0x20000; address += 0x777) read?.find(address);
});

const perfMap = Array.from(
  { length: 60 },
  (_, i) => `${(0x1000 * i).toString(16)} 1f0 JS:*f${i} /a/b.ts:${i}:5`,
);
survives(
  "a perf map",
  44,
  Buffer.from(perfMap.join("\n")),
  (bytes) => {
    const map = PerfMap.parse(bytes);
    for (let address = 0; address < 0x40000; address += 0x777) map.find(address);
  },
  true,
);

survives(
  "/proc/PID/maps",
  45,
  readFileSync("/proc/self/maps").subarray(0, 8192),
  (bytes) => {
    const table = new MappingTable(parseMaps(bytes.toString("utf8")));
    for (const { start, end } of table) assert.ok(table.find(start) && start < end);
  },
  true,
);

survives(
  "kallsyms",
  46,
  Buffer.from(
    Array.from(
      { length: 80 },
      (_, i) => `ffffffff81${(i * 64).toString(16).padStart(6, "0")} t f${i}\t[m]`,
    ).join("\n"),
  ),
  (bytes) => {
    const kallsyms = Kallsyms.parse(bytes.toString("latin1"));
    for (let address = 0xffffffff81000000n; address < 0xffffffff81002000n; address += 777n)
      kallsyms.find(address);
  },
  true,
);

function packedSymbols(): Buffer {
  const path = `${directory}/victim.debug`;
  run("xz", "-k", "-f", path);
  return readFileSync(`${path}.xz`);
}
