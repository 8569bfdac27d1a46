import assert from "node:assert/strict";
import { test } from "node:test";
import { type BpfObject, openObject, RingBuffer } from "../src/index.js";
import { fixture } from "./helpers/fixture.js";
import { requireBpf } from "./helpers/requires.js";

interface Emit {
  count: number;
  size: number;
  first?: number;
  discarded?: number;
}

/** Has BPF write records; returns how many did not fit. */
function emit(object: BpfObject, { count, size, first = 0, discarded = 0 }: Emit): number {
  const args = Uint32Array.of(count, size, first, discarded, 0);
  assert.equal(object.program("emit").run(new Uint8Array(args.buffer)), 0);
  return args[4];
}

function withRing(name: string, body: (object: BpfObject, ring: RingBuffer) => void | Promise<void>): void {
  test(name, async (t) => {
    if (!requireBpf(t)) return;
    using object = openObject(fixture("ring")).load();
    await body(object, object.ringBuffer("ring"));
  });
}

const numberOf = (record: Uint8Array): number =>
  new DataView(record.buffer, record.byteOffset, record.length).getUint32(0, true);

withRing("records come whole, in order, once", (object, ring) => {
  assert.equal(ring.sizeBytes, 4096);
  assert.equal(ring.pendingBytes, 0);
  emit(object, { count: 3, size: 20, first: 7 });
  assert.equal(ring.pendingBytes, 3 * 32);
  const records = ring.read();
  assert.deepEqual(records.map(numberOf), [7, 8, 9]);
  assert.deepEqual(
    records.map((record) => record.length),
    [20, 20, 20],
  );
  assert.deepEqual(ring.read(), []);
  assert.equal(ring.pendingBytes, 0);
});

withRing("a hundred rings' worth passes through, wrapping at every offset", (object, ring) => {
  let next = 0;
  let bytes = 0;
  while (bytes < 100 * ring.sizeBytes) {
    const size = next % 2 === 0 ? 512 : 4 + ((next * 52) % 500);
    const count = 5;
    assert.equal(emit(object, { count, size, first: next }), 0);
    const drained = ring.drain((record) => {
      assert.equal(record.length, size);
      assert.equal(numberOf(record), next);
      // Both ends of a record that wraps around.
      if (size === 512)
        assert.equal(new DataView(record.buffer, record.byteOffset).getUint32(508, true), ~next >>> 0);
      next++;
      bytes += size;
    });
    assert.equal(drained, count);
  }
});

withRing("discarded records are skipped and not counted", (object, ring) => {
  emit(object, { count: 4, size: 8, first: 1, discarded: 2 });
  assert.equal(ring.pendingBytes, 4 * (2 * 32 + 16));
  assert.deepEqual(ring.read().map(numberOf), [1, 2, 3, 4]);
  assert.equal(ring.pendingBytes, 0);
});

withRing("a full ring refuses records and loses none that it took", (object, ring) => {
  const failed = emit(object, { count: 100, size: 120 });
  const taken = 100 - failed;
  assert.ok(failed > 0 && taken >= 30, `${failed} of 100 did not fit`);
  assert.deepEqual(
    ring.read().map(numberOf),
    Array.from({ length: taken }, (_, index) => index),
  );
  assert.equal(emit(object, { count: 10, size: 120 }), 0);
  assert.equal(ring.read().length, 10);
});

withRing("space goes back while draining", (object, ring) => {
  emit(object, { count: 100, size: 120 });
  let lost = 0;
  let read = 0;
  ring.drain(() => {
    read++;
    if (read === 10) lost = emit(object, { count: 4, size: 120, first: 1000 });
  });
  assert.equal(lost, 0);
  assert.deepEqual(ring.read().map(numberOf), [1000, 1001, 1002, 1003]);
});

withRing("a drain can be limited and goes on where it stopped", (object, ring) => {
  emit(object, { count: 10, size: 8 });
  assert.equal(
    ring.drain(() => {}, 4),
    4,
  );
  assert.deepEqual(ring.read(2).map(numberOf), [4, 5]);
  assert.deepEqual(ring.read().map(numberOf), [6, 7, 8, 9]);
});

withRing("a second reader goes on where the first stopped", (object, ring) => {
  emit(object, { count: 4, size: 8 });
  ring.read(3);
  ring.close();
  using second = new RingBuffer(object.map("ring"));
  assert.deepEqual(second.read().map(numberOf), [3]);
});

withRing("drainRaw hands out one array for all records", (object, ring) => {
  emit(object, { count: 3, size: 12, first: 5 });
  const arrays = new Set<Uint8Array>();
  const numbers: number[] = [];
  ring.drainRaw((bytes, start, length) => {
    arrays.add(bytes);
    assert.equal(length, 12);
    numbers.push(numberOf(bytes.subarray(start, start + length)));
  });
  assert.deepEqual([arrays.size, numbers], [1, [5, 6, 7]]);
});

withRing("a callback that throws ends the drain after its record", (object, ring) => {
  emit(object, { count: 3, size: 8 });
  assert.throws(
    () =>
      ring.drain(() => {
        throw new Error("stop");
      }),
    /stop/,
  );
  assert.deepEqual(ring.read().map(numberOf), [1, 2]);
});

withRing("draining inside of a drain is refused, closing there is safe", (object, ring) => {
  emit(object, { count: 3, size: 8 });
  let read = 0;
  ring.drain((record) => {
    read++;
    assert.throws(() => ring.read(), /being drained already/);
    object.close();
    assert.equal(numberOf(record), 0); // the memory is still there
  });
  assert.equal(read, 1);
  assert.throws(() => ring.read(), { name: "ClosedError" });
});

withRing("wait resolves at a record, at the deadline and at close", async (object, ring) => {
  const start = performance.now();
  assert.equal(await ring.wait(50), false);
  assert.ok(performance.now() - start >= 49);
  setTimeout(() => emit(object, { count: 1, size: 8 }), 30);
  assert.equal(await ring.wait(5000), true);
  assert.ok(performance.now() - start < 3000);
  ring.read();
  setTimeout(() => ring.close(), 20);
  assert.equal(await ring.wait(5000), false);
  await assert.rejects(ring.wait(1), { name: "ClosedError" });
});

test("only a ring buffer map makes a RingBuffer", (t) => {
  if (!requireBpf(t)) return;
  using object = openObject(fixture("maps")).load();
  assert.throws(() => object.ringBuffer("hash"), /map "hash" is a hash, not a ring buffer/);
});
