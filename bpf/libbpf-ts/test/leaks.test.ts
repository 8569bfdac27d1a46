import assert from "node:assert/strict";
import { test } from "node:test";
import { adoptPerfEvent, onlineCpus, openObject, openPerfEvent, RingBuffer, u32 } from "../src/index.js";
import { fixture } from "./helpers/fixture.js";
import { holdings } from "./helpers/leaks.js";
import { requireBpf } from "./helpers/requires.js";

/** Programs are freed after an RCU grace period. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

/** Other processes may come and go with programs of their own; what is ours is what came after `before` and stays. */
async function assertNothingLeft(before: ReturnType<typeof holdings>): Promise<void> {
  await settled();
  const after = holdings();
  assert.deepEqual(after.descriptors, before.descriptors);
  assert.equal(after.mappings, before.mappings);
}

test("a whole cycle leaves no descriptor, mapping or program", async (t) => {
  if (!requireBpf(t)) return;
  await settled();
  const before = holdings();
  const object = openObject(fixture("sampler")).load();
  for (const cpu of onlineCpus()) {
    object.program("on_sample").attachPerfEvent(openPerfEvent({ cpu, frequencyHz: 99 }));
  }
  object.ringBuffer("samples").read();
  object.variable("enabled").set(1);
  const during = holdings();
  const ours = during.programs.filter((id) => !before.programs.includes(id));
  assert.ok(ours.length >= 1);
  assert.ok(Object.keys(during.descriptors).length > Object.keys(before.descriptors).length);
  assert.ok(during.mappings > before.mappings);
  object.close();
  await assertNothingLeft(before);
  const left = holdings().programs;
  assert.ok(
    ours.some((id) => !left.includes(id)),
    `of programs ${ours} all are left`,
  );
});

test("failures leave nothing either", async (t) => {
  if (!requireBpf(t)) return;
  await settled();
  const before = holdings();
  assert.throws(() => openObject(fixture("rejected")).load(), { name: "VerifierError" });
  assert.throws(() => openObject("/nonexistent.o"));
  assert.throws(() => {
    using object = openObject(fixture("maps")).load();
    // A syscall program does not go on a perf event; the event is closed nevertheless.
    object.program("idle").attachPerfEvent(openPerfEvent({ cpu: 0, frequencyHz: 1 }));
  });
  assert.throws(() => {
    using object = openObject(fixture("maps")).load();
    new RingBuffer(object.map("hash"));
  }, TypeError);
  assert.throws(() => {
    using object = openObject(fixture("maps")).load();
    object.map("hash", { value: u32 });
  }, RangeError);
  assert.throws(() => adoptPerfEvent(-1), RangeError);
  openObject(fixture("maps")).close();
  await assertNothingLeft(before);
});

test("mapping and unmapping a thousand times is stable", (t) => {
  if (!requireBpf(t)) return;
  const before = holdings().mappings;
  using object = openObject(fixture("maps")).load();
  for (let i = 0; i < 1000; i++) {
    using memory = object.map("mapped").mmap();
    memory.write(8, Uint8Array.of(i & 0xff));
    assert.equal(memory.read(8, 1)[0], i & 0xff);
    if (i % 100 === 0) Array.from({ length: 100 }, () => new Uint8Array(100_000)); // gives the collector work
  }
  object.close();
  assert.equal(holdings().mappings, before);
});
