import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { describe, test } from "node:test";
import { JitDump } from "../../../bpf/symbols/jit-dump.js";
import { MappingTable } from "../../../bpf/symbols/mapping-table.js";
import { parseMaps } from "../../../bpf/symbols/maps.js";
import { fileFromBytes, type OpenFile } from "../../../bpf/symbols/open-file.js";
import { ProcFileSource } from "../../../bpf/symbols/proc-file-source.js";
import { Symbolizer } from "../../../bpf/symbols/symbolizer.js";
import { withPeak } from "../../helpers/peak-memory.js";
import { temporaryDirectory } from "./compiled.js";
import { closeRecord, debugInfo, header, load, move } from "./jit-records.js";

function readDump(...records: Uint8Array[]): JitDump {
  const dump = JitDump.read(fileFromBytes(Buffer.concat(records)));
  assert.ok(dump);
  return dump;
}

describe("JitDump", () => {
  for (const little of [true, false]) {
    test(`reads code and lines written in ${little ? "little" : "big"}-endian order`, () => {
      const dump = readDump(
        header(little),
        debugInfo(little, 0x1000, [
          [0x1000, 12, "/a/b.jl"],
          [0x1008, 13, "\xff"],
        ]),
        load(little, 0x1000, 0x40, 1, "julia_f_12"),
        load(little, 0x2000, 0x40, 2, "julia_g_13"),
      );
      assert.deepEqual(dump.find(0x103f), { name: "julia_f_12", file: "/a/b.jl", line: 12 });
      assert.equal(dump.find(0x1040), undefined);
      assert.deepEqual(dump.find(0x2000), { name: "julia_g_13" });
    });
  }

  test("lets the code written last win, follows code that moves, and ends at the closing record", () => {
    const dump = readDump(
      header(),
      load(true, 0x1000, 0x100, 1, "old"),
      load(true, 0x1040, 0x40, 2, "new"),
      move(true, 0x1040, 0x9000, 0x40, 2),
      load(true, 0x1060, 0x10, 3, "newest"),
      move(true, 0x5000, 0x6000, 0x40, 77),
      closeRecord(),
      load(true, 0x1000, 0x100, 4, "too late"),
    );
    const names = [0x1000, 0x1040, 0x1060, 0x1070, 0x9001, 0x6000].map((at) => dump.find(at)?.name);
    assert.deepEqual(names, ["old", "new", "newest", "new", "new", undefined]);
  });

  test("keeps what stands before damage, and knows other files", () => {
    const whole = Buffer.concat([
      header(),
      load(true, 0x1000, 0x100, 1, "kept"),
      load(true, 0x2000, 0x100, 2, "cut"),
    ]);
    const dump = JitDump.read(fileFromBytes(whole.subarray(0, whole.length - 0x130)));
    assert.deepEqual([dump?.find(0x1000)?.name, dump?.find(0x2000)?.name], ["kept", undefined]);
    for (const other of [new Uint8Array(0), header().subarray(0, 39), Buffer.alloc(100, "\x7fELF")])
      assert.equal(JitDump.read(fileFromBytes(other)), undefined);
  });

  test("of terabytes is given up in time", () => {
    const first = header();
    const file: OpenFile = {
      size: 2 ** 42,
      identity: "endless",
      owner: -1,
      // Records that each begin a new block, and records of 16 bytes.
      read: (offset, length) => {
        const bytes = new Uint8Array(Math.min(length, 1 << 20));
        if (offset === 0) bytes.set(first.subarray(0, bytes.length));
        else new Uint32Array(bytes.buffer, 0, bytes.length >> 2).fill(offset < 2 ** 25 ? 16 : 0x0010_0000);
        return bytes;
      },
      close() {},
    };
    const before = performance.now();
    assert.equal(JitDump.read(file)?.size, 0);
    const tookMs = performance.now() - before;
    console.log(`an endless jitdump file: ${tookMs.toFixed(0)} ms`);
    assert.ok(tookMs < 1000, `${tookMs} ms`);
  });
});

test("names stay in the file: one that is full of them takes little memory", () => {
  const record = load(true, 0x1000, 0x40, 1, "x".repeat(4000));
  const first = header();
  // One for all reads, of which each is done with before the next: else the peak has what V8 has not collected.
  const block = new ArrayBuffer(1 << 20);
  const file: OpenFile = {
    size: 2 ** 42,
    identity: "names",
    owner: -1,
    // The same record without end, each with its own address and name.
    read: (offset, length) => {
      const bytes = Buffer.from(block, 0, Math.min(length, block.byteLength));
      if (offset < first.length) return new Uint8Array(first.subarray(offset, offset + bytes.length));
      for (let at = 0; at < bytes.length; ) {
        const number = Math.floor((offset + at - first.length) / record.length);
        const within = (offset + at - first.length) % record.length;
        record.writeBigUInt64LE(BigInt(0x1000 * number), 32);
        record.write(`f${number}.`, 56);
        at += record.copy(bytes, at, within);
      }
      return new Uint8Array(block, 0, bytes.length);
    },
    close() {},
  };
  const { result: dump, peakBytes } = withPeak(() => JitDump.read(file));
  assert.ok(dump && dump.size > 50_000, `${dump?.size} pieces`);
  assert.match(dump.find(0x1000 * 1234 + 5)?.name ?? "", /^f1234\.\.?x{3900,}$/);
  assert.ok(peakBytes < 64 << 20, `${peakBytes >> 20} MiB`);
});

test("names the code of a Node.js that writes a jitdump file, found by its mapping", async (t) => {
  const folder = mkdtempSync(join(temporaryDirectory(), "prof-"));
  const program =
    "function worked(n) { let s = 0; for (let i = 0; i < n; i++) s += i % 7; return s; }" +
    "for (let i = 0; i < 3e4; i++) worked(1e4);" +
    // V8 keeps up to 2 MiB of the file to itself: this much code more lets it write what came before.
    "for (let i = 0; i < 2e4; i++) worked(new Function('return ' + i)() & 7); console.log('ready'); process.stdin.resume()";
  const child = spawn(process.execPath, ["--perf-prof", "--always-sparkplug", "-e", program], {
    cwd: folder,
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  const dump = readFileSync(join(folder, readdirSync(folder).find((file) => file.endsWith(".dump"))!));
  const records = loadRecords(dump);
  // Code that is still there: nothing was put in its place later.
  const isOver = (at: number, index: number) =>
    records.slice(index + 1).some(({ start, size }) => start <= at && at < start + size);
  const addresses = records.flatMap(({ name, start }, index) =>
    /^JS:\*'?worked /.test(name) && !isOver(start + 4, index) ? [start + 4] : [],
  );
  assert.ok(addresses.length > 0, "V8 optimized nothing");
  const source = new ProcFileSource();
  const mappings = new MappingTable(parseMaps(source.readMaps(child.pid!)!));
  const symbolizer = new Symbolizer(source);
  const [frame] = symbolizer.user(child.pid!, mappings, addresses.at(-1)!);
  assert.deepEqual([frame.name, frame.kind, frame.module], ["worked", "jit", "[jit]"]);
  symbolizer.close();
});

/** The code in a file of this machine's byte order, by other code than that under test; of the last record V8 may not have written all. */
function loadRecords(dump: Buffer): { start: number; size: number; name: string }[] {
  const found: { start: number; size: number; name: string }[] = [];
  for (let at = dump.readUInt32LE(8); at + 16 <= dump.length; at += dump.readUInt32LE(at + 4)) {
    if (at + dump.readUInt32LE(at + 4) > dump.length) break;
    if (dump.readUInt32LE(at) !== 0) continue;
    const name = dump.toString("utf8", at + 56, dump.indexOf(0, at + 56));
    const [start, size] = [at + 32, at + 40].map((place) => Number(dump.readBigUInt64LE(place)));
    found.push({ start, size, name });
  }
  return found;
}
