import assert from "node:assert/strict";
import { test } from "node:test";
import { createMap, openObject, u32, u64 } from "../src/index.js";
import { fixture } from "./helpers/fixture.js";
import { requireBpf } from "./helpers/requires.js";

const BPF_F_MMAPABLE = 1 << 10;
const inner = { type: "array", keySize: 4, valueSize: 4096, maxEntries: 1, flags: BPF_F_MMAPABLE };

test("a map is created without an object", (t) => {
  if (!requireBpf(t)) return;
  using map = createMap(
    { type: "hash", keySize: 4, valueSize: 8, maxEntries: 3, name: "made" },
    { key: u32, value: u64 },
  );
  const { type, keySize, valueSize, maxEntries, name } = map.info;
  assert.deepEqual([type, keySize, valueSize, maxEntries, name], ["hash", 4, 8, 3, "made"]);
  assert.equal(map.set(7, 8n).get(7), 8n);
});

test("what cannot be created is an error", (t) => {
  assert.throws(() => createMap({ ...inner, type: "heap" }), {
    name: "RangeError",
    message: '"heap" is no type of map',
  });
  if (!requireBpf(t)) return;
  assert.throws(() => createMap({ ...inner, keySize: 8, name: "wide" }), {
    code: "EINVAL",
    operation: 'create map "wide"',
  });
  assert.throws(() => createMap(inner, { key: u64 }), RangeError);
});

test("BPF reads a created map through an array of maps, and sees what is written to its memory", (t) => {
  if (!requireBpf(t)) return;
  using object = openObject(fixture("maps")).load();
  const program = object.program("read_nested");
  assert.equal(program.run(), 0xffff_ffff);
  const map = createMap(inner);
  object.map("nested", { key: u32, value: u32 }).set(2, map.fd);
  const memory = map.mmap();
  memory.write(0, new Uint8Array(Uint32Array.of(1234).buffer));
  assert.equal(program.run(), 1234);
  memory.close();
  map.close();
  assert.equal(program.run(), 1234); // the array of maps keeps it
});

test("an object loads with another's map", (t) => {
  if (!requireBpf(t)) return;
  using first = openObject(fixture("maps")).load();
  const open = openObject(fixture("maps"));
  open.map("hash").reuse(first.map("hash"));
  open.map("nested").reuse(first.map("nested"));
  using second = open.load();
  first.map("hash", { key: u32, value: u64 }).set(1, 5n);
  assert.equal(second.map("hash", { key: u32, value: u64 }).get(1), 5n);
  using map = createMap(inner);
  first.map("nested", { key: u32, value: u32 }).set(2, map.fd);
  assert.equal(second.program("read_nested").run(), 0);
});
