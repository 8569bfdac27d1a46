import assert from "node:assert/strict";
import { test } from "node:test";
import { onlineCpus, openObject, openPerfEvent, UnsupportedError } from "../src/index.js";
import { encodePerfAttr } from "../src/perf-attr.js";
import { fixture } from "./helpers/fixture.js";
import { requireBpf } from "./helpers/requires.js";

/** Keeps this thread on a CPU. */
function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

test("a program on every CPU samples this process while it computes", (t) => {
  if (!requireBpf(t)) return;
  const open = openObject(fixture("sampler"));
  open.rodata("target_pid", process.pid);
  using object = open.load();
  for (const cpu of onlineCpus()) {
    object.program("on_sample").attachPerfEvent(openPerfEvent({ cpu, frequencyHz: 997 }));
  }
  const ring = object.ringBuffer("samples");
  spin(20);
  assert.equal(ring.read().length, 0, "not enabled yet");

  object.variable("enabled").set(1);
  spin(500);
  object.variable("enabled").set(0);
  const { size, members } = object.struct("sample")!;
  const at = (name: string): number => members.find((member) => member.name === name)!.offset;
  let last = 0n;
  const count = ring.drain((record) => {
    assert.equal(record.length, size);
    const view = new DataView(record.buffer, record.byteOffset, record.length);
    assert.equal(view.getUint32(at("pid"), true), process.pid);
    assert.match(Buffer.from(record.subarray(at("comm"))).toString(), /node|V8|MainThread|libuv/);
    last = view.getBigUint64(at("time_ns"), true);
  });
  // A busy machine takes this process's time away, so this is a fraction of 498 at the least and two CPUs at most.
  assert.ok(count >= 50 && count <= 2 * 520, `${count} samples in 0.5 s at 997 Hz`);
  assert.ok(Number(object.variable("ticks").get()) >= count);
  assert.ok(last > 0n);
  assert.equal(ring.read().length, 0, "disabled again");
});

test("an event of one thread counts its time, pauses and changes period", (t) => {
  if (!requireBpf(t)) return;
  using event = openPerfEvent({ type: "task-clock", pid: 0, period: 1_000_000 });
  spin(5);
  assert.equal(event.readCount(), 0n);
  event.enable();
  spin(20);
  event.disable();
  const counted = event.readCount();
  assert.ok(counted > 1_000_000n && counted < 10_000_000_000n, `${counted} ns`);
  spin(5);
  assert.equal(event.readCount(), counted);
  event.setPeriod(2_000_000);
  assert.throws(() => event.setPeriod(0), RangeError);
});

test("a link closes its event, and attaching can leave it disabled", (t) => {
  if (!requireBpf(t)) return;
  using object = openObject(fixture("sampler")).load();
  object.variable("enabled").set(1);
  const event = openPerfEvent({ pid: 0, frequencyHz: 997 });
  const link = object.program("on_sample").attachPerfEvent(event, { enable: false });
  spin(30);
  assert.equal(object.variable("ticks").get(), 0n);
  event.enable();
  spin(100);
  assert.ok(object.variable("ticks").get() > 0n);
  link.close();
  link.close();
  assert.throws(() => event.enable(), {
    name: "ClosedError",
    message: /perf event cpu-clock of thread 0 is closed/,
  });
  const ticks = object.variable("ticks").get();
  spin(30);
  assert.equal(object.variable("ticks").get(), ticks);
  assert.throws(() => object.program("on_sample").attachPerfEvent(event), { name: "ClosedError" });
});

test("a period is taken for a clock's frequency, a frequency for another's", () => {
  const field = (attr: Uint8Array, offset: number): bigint =>
    new DataView(attr.buffer).getBigUint64(offset, true);
  const clock = encodePerfAttr({ cpu: 0, frequencyHz: 99 });
  assert.deepEqual([clock.length, field(clock, 16), field(clock, 40)], [112, 10101010n, 1n]);
  const faults = encodePerfAttr({ type: "page-faults", cpu: 0, frequencyHz: 99, inherit: true });
  assert.deepEqual(
    [field(faults, 8), field(faults, 16), field(faults, 40)],
    [2n, 99n, 1n | 2n | (1n << 10n)],
  );
  const user = encodePerfAttr({ pid: 1, period: 5, excludeKernel: true });
  assert.deepEqual([field(user, 16), field(user, 40)], [5n, 1n | (1n << 5n)]);
  assert.equal(field(encodePerfAttr({ pid: 1, excludeUser: true }), 40), 1n | (1n << 4n));
});

test("options that cannot be are refused by name", () => {
  assert.throws(() => openPerfEvent({}), /needs a cpu, a pid or both/);
  assert.throws(() => openPerfEvent({ cpu: -1 }), /cpu = -1 is not a number from 0/);
  assert.throws(() => openPerfEvent({ pid: 1.5 }), /pid = 1\.5/);
  assert.throws(() => openPerfEvent({ cpu: 0, frequencyHz: 99, period: 1 }), /exclude each other/);
  assert.throws(() => openPerfEvent({ cpu: 0, frequencyHz: 0 }), /frequencyHz = 0/);
  assert.throws(() => openPerfEvent({ cpu: 0, period: -1 }), /period = -1/);
  assert.throws(
    () => openPerfEvent({ cpu: 0, type: "clock" as "cpu-clock" }),
    /type "clock" is none of cpu-clock, /,
  );
});

test("what the machine does not have is told apart from what is not allowed", (t) => {
  if (!requireBpf(t)) return;
  assert.throws(() => openPerfEvent({ pid: 2 ** 22, frequencyHz: 1 }), { name: "BpfError", code: "ESRCH" });
  assert.throws(() => openPerfEvent({ cpu: 100_000, frequencyHz: 1 }), { name: "BpfError" });
  try {
    openPerfEvent({ type: "cycles", cpu: 0 }).close();
  } catch (error) {
    assert.ok(error instanceof UnsupportedError, String(error));
    assert.equal(error.message, "perf event cycles is not available on this machine");
  }
});
