import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BpfObject,
  bytes,
  openObject,
  openPerfEvent,
  possibleCpuCount,
  u32,
  u64,
} from "../src/index.js";
import { fixture } from "./helpers/fixture.js";
import { requireBpf } from "./helpers/requires.js";

function withMaps(name: string, body: (object: BpfObject) => void): void {
  test(name, (t) => {
    if (!requireBpf(t)) return;
    using object = openObject(fixture("maps")).load();
    body(object);
  });
}

for (const name of ["hash", "lru"]) {
  withMaps(`a ${name} map gets, sets, deletes and iterates`, (object) => {
    const map = object.map(name, { key: u32, value: u64 });
    assert.equal(map.get(1), undefined);
    assert.equal(map.has(1), false);
    map
      .set(1, 10n)
      .set(2, 20n)
      .set(0xffffffff, 2n ** 64n - 1n);
    assert.equal(map.get(1), 10n);
    assert.equal(map.get(0xffffffff), 2n ** 64n - 1n);
    assert.deepEqual([...map].sort(), [1, 2, 0xffffffff].sort());
    assert.deepEqual(new Map(map.entries()).get(2), 20n);
    assert.equal(map.delete(1), true);
    assert.equal(map.delete(1), false);
    map.clear();
    assert.deepEqual([...map.keys()], []);
  });
}

withMaps("set modes and a full map are told apart by code", (object) => {
  const map = object.map("hash", { key: u32, value: u64 });
  assert.throws(() => map.set(1, 1n, "exist"), { name: "BpfError", code: "ENOENT" });
  map.set(1, 1n, "noexist");
  assert.throws(() => map.set(1, 2n, "noexist"), { code: "EEXIST", operation: 'update map "hash"' });
  for (let key = 2; key <= 8; key++) map.set(key, 1n);
  assert.throws(() => map.set(9, 1n), { code: "E2BIG", errno: 7 });
  assert.equal([...map].length, map.info.maxEntries);
});

withMaps("keys deleted while iterating are all met once", (object) => {
  const map = object.map("hash", { key: u32, value: u64 });
  for (let key = 0; key < 8; key++) map.set(key, 0n);
  const met = [...map.keys()].length;
  let deleted = 0;
  for (const key of map) deleted += Number(map.delete(key));
  assert.deepEqual([met, deleted, [...map].length], [8, 8, 0]);
});

withMaps("without codecs keys and values are bytes of the map's size", (object) => {
  const map = object.map("hash");
  const key = Uint8Array.of(1, 0, 0, 0);
  map.set(key, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  assert.deepEqual(map.get(key), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  assert.throws(() => map.get(Uint8Array.of(1)), /4 bytes are needed, 1 were given/);
  assert.throws(() => map.set(key, Uint8Array.of(1)), RangeError);
  assert.throws(() => object.map("hash", { value: u32 }), /a value has 8 bytes, its codec has 4/);
  assert.throws(() => object.map("hash", { key: bytes(5) }), /a key has 4 bytes, its codec has 5/);
  assert.deepEqual(
    { ...map.info },
    { type: "hash", keySize: 4, valueSize: 8, maxEntries: 8, flags: 0, name: "hash" },
  );
});

withMaps("an array has all its elements and clears to zero", (object) => {
  const map = object.map("array", { key: u32, value: u64 });
  map.set(15, 9n);
  assert.equal(map.get(15), 9n);
  assert.equal(map.get(16), undefined);
  assert.throws(() => map.delete(0), { code: "EINVAL" });
  assert.equal([...map].length, 16);
  map.clear();
  assert.equal(map.get(15), 0n);
});

withMaps("a longest-prefix trie finds the longest prefix", (object) => {
  const map = object.map("trie", { value: u32 });
  map.set(Uint8Array.of(8, 0, 0, 0, 10, 0, 0, 0), 1);
  map.set(Uint8Array.of(16, 0, 0, 0, 10, 1, 0, 0), 2);
  assert.equal(map.get(Uint8Array.of(32, 0, 0, 0, 10, 1, 7, 7)), 2);
  assert.equal(map.get(Uint8Array.of(32, 0, 0, 0, 10, 2, 7, 7)), 1);
  assert.equal(map.getBatch().length, 2);
});

for (const name of ["percpu_array", "percpu_hash"]) {
  withMaps(`${name} has one value per possible CPU`, (object) => {
    const map = object.perCpuMap(name, { key: u32, value: u32 });
    const values = Array.from({ length: possibleCpuCount() }, (_, cpu) => 100 + cpu);
    map.set(3, values);
    assert.deepEqual(map.get(3), values);
    assert.deepEqual(new Map(map.getBatch()).get(3), values);
    map.setBatch([2], [values]);
    assert.deepEqual(map.get(2), values);
    assert.throws(() => map.set(1, [1, 2, 3, 4, 5, 6, 7, 8, 9].slice(0, values.length + 1)), RangeError);
    assert.throws(() => object.map(name), /use perCpuMap/);
    assert.throws(() => object.perCpuMap("hash"), /use map/);
  });
}

withMaps("BPF's own per-CPU value is seen", (object) => {
  object.program("step").run();
  object.program("step").run();
  const values = object.perCpuMap("percpu_array", { key: u32, value: u32 }).get(0)!;
  assert.equal(
    values.reduce((sum, value) => sum + value),
    2,
  );
});

withMaps("batches move more than one system call's worth", (object) => {
  const map = object.map("big_hash", { key: u32, value: u32 });
  const keys = Array.from({ length: 12345 }, (_, index) => index * 3);
  map.setBatch(
    keys,
    keys.map((key) => key + 1),
  );
  const all = new Map(map.getBatch());
  assert.equal(all.size, keys.length);
  for (const key of keys) assert.equal(all.get(key), key + 1);
  assert.throws(() => map.setBatch([1], []), /1 keys but 0 values/);
  assert.throws(() => map.setPacked(new Uint8Array(8), new Uint8Array(4)), RangeError);
});

withMaps("an empty map gives an empty batch", (object) => {
  assert.deepEqual(object.map("big_hash").getBatch(), []);
  object.map("big_hash").setBatch([], []);
});

withMaps("a batch of an array is in the order of its indices", (object) => {
  const map = object.map("array", { key: u32, value: u64 });
  map.setBatch([0, 1, 15], [5n, 6n, 7n]);
  assert.deepEqual(map.getBatch().slice(0, 3), [
    [0, 5n],
    [1, 6n],
    [2, 0n],
  ]);
});

withMaps("map types without batches are moved one by one", (object) => {
  using event = openPerfEvent({ pid: 0 });
  object.map("events", { key: u32, value: u32 }).setBatch([0, 3], [event.fd, event.fd]);
  assert.throws(() => object.map("events", { key: u32, value: u32 }).setBatch([4], [event.fd]), {
    code: "E2BIG",
  });
  assert.deepEqual(object.map("stacks").getBatch(), []);
});

withMaps("a mapped array shares memory with BPF", (object) => {
  const map = object.map("mapped", { key: u32, value: u32 });
  const memory = map.mmap();
  assert.deepEqual([memory.stride, memory.byteLength], [8, 800]);
  memory.write(0, Uint8Array.of(5));
  object.program("step").run();
  assert.equal(map.get(0), 15);
  assert.deepEqual(memory.read(0, 4), Uint8Array.of(15, 0, 0, 0));
  assert.equal(
    memory.borrow((bytes) => bytes[0]),
    15,
  );
  assert.throws(() => memory.read(799, 2), RangeError);
  assert.throws(() => memory.write(799, Uint8Array.of(1, 2)), RangeError);
  memory.close();
  memory.close();
  assert.throws(() => memory.read(0, 1), {
    name: "ClosedError",
    message: 'mapping of map "mapped" is closed',
  });
  assert.throws(() => object.map("array").mmap(), /BPF_F_MMAPABLE/);
});
