import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { onlineCpus, openPerfEvent, type PerfEvent } from "../src/index.js";
import { encodePerfAttr } from "../src/perf-attr.js";
import { requireBpf } from "./helpers/requires.js";

const PERF_RECORD_LOST = 2;
const PERF_RECORD_COMM = 3;
const PERF_RECORD_MMAP2 = 10;
const PERF_RECORD_MISC_COMM_EXEC = 1 << 13;

const openRecorder = (cpu: number, buildId = false): PerfEvent =>
  openPerfEvent({ type: "dummy", cpu, mmap: true, comm: true, task: true, timed: true, buildId });

function parse(record: Uint8Array) {
  const view = new DataView(record.buffer);
  const [type, misc] = [view.getUint32(0, true), view.getUint16(4, true)];
  return { type, misc, pid: view.getUint32(8, true), timeNs: view.getBigUint64(record.length - 8, true) };
}

test("records of a program's start have its name, its files and the time", (t) => {
  if (!requireBpf(t)) return;
  const events = onlineCpus().map((cpu) => openRecorder(cpu));
  const rings = events.map((event) => event.ring(1 << 19));
  for (const event of events) event.enable();
  const before = process.hrtime.bigint();
  const { pid } = spawnSync("/bin/true");
  const after = process.hrtime.bigint();
  const records: Uint8Array[] = [];
  for (const ring of rings) ring.drain((record) => records.push(record));
  const own = records.map((record) => ({ ...parse(record), record })).filter((record) => record.pid === pid);
  for (const { timeNs } of own) assert.ok(timeNs > before && timeNs < after);
  const text = (record: Uint8Array, at: number) =>
    Buffer.from(record.subarray(at)).toString("latin1").replace(/\0.*/s, "");
  const exec = own.find(({ type, misc }) => type === PERF_RECORD_COMM && misc & PERF_RECORD_MISC_COMM_EXEC);
  assert.equal(exec && text(exec.record, 16), "true");
  const files = own.filter(({ type }) => type === PERF_RECORD_MMAP2).map(({ record }) => text(record, 72));
  assert.ok(files.some((file) => file.endsWith("/true")) && files.includes("[vdso]"), files.join(" "));
  for (const event of events) event.close();
  assert.throws(() => rings[0].drain(() => {}), { name: "ClosedError" });
});

test("a ring that wraps around gives whole records, and a full one says how many it lost", (t) => {
  if (!requireBpf(t)) return;
  using event = openPerfEvent({ type: "dummy", pid: 0, cpu: onlineCpus()[0], comm: true, timed: true });
  const ring = event.ring(4096);
  assert.throws(() => event.ring(5000), /power of two/);
  event.enable();
  const title = process.title;
  const written: string[] = [];
  const read: string[] = [];
  let lost = 0;
  const drain = () =>
    ring.drain((record) => {
      const { type } = parse(record);
      if (type === PERF_RECORD_LOST) lost += Number(new DataView(record.buffer).getBigUint64(16, true));
      // Among them may be an UNTHROTTLE: the kernel writes one whatever the event asks for.
      else if (type === PERF_RECORD_COMM)
        read.push(Buffer.from(record.subarray(16, 32)).toString("latin1").replace(/\0.*/s, ""));
    });
  const rename = (count: number) => {
    for (let i = 0; i < count; i++) {
      const name = `ring${written.length}`;
      process.title = name;
      written.push(name);
    }
  };
  // The event is bound to a CPU and sees only renames there, so that the thread is kept on it.
  const { status } = spawnSync("taskset", ["-p", "-c", String(onlineCpus()[0]), String(process.pid)]);
  assert.equal(status, 0);
  for (let round = 0; round < 20; round++) {
    rename(23);
    drain();
  }
  assert.deepEqual(read, written, "twenty rounds of half the ring");
  assert.equal(lost, 0);
  rename(200);
  drain();
  rename(1);
  drain();
  assert.ok(lost > 50 && read.length + lost === written.length, `${lost} lost of ${written.length}`);
  assert.equal(read.at(-1), written.at(-1));
  process.title = title;
  spawnSync("taskset", ["-a", "-p", "-c", onlineCpus().join(","), String(process.pid)]);
});

test("the options for records are the bits and the clock of the attribute", () => {
  const attr = encodePerfAttr({ type: "dummy", cpu: 0, mmap: true, buildId: true, timed: true });
  const view = new DataView(attr.buffer);
  const flags = [0, 8, 18, 23, 25, 34].reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
  assert.equal(view.getBigUint64(40, true), flags);
  assert.equal(view.getBigUint64(24, true), 1n << 2n);
  assert.equal(view.getInt32(92, true), 1);
  const others = new DataView(encodePerfAttr({ type: "dummy", cpu: 0, comm: true, task: true }).buffer);
  assert.equal(others.getBigUint64(40, true), 1n | (1n << 9n) | (1n << 13n) | (1n << 24n));
  assert.equal(others.getInt32(92, true), 0);
});
