import assert from "node:assert/strict";
import { readlinkSync } from "node:fs";
import { test } from "node:test";
import koffi from "koffi";
import {
  adoptMap,
  adoptPerCpuMap,
  adoptPerfEvent,
  adoptProgram,
  openObject,
  openPerfEvent,
  RingBuffer,
  u32,
} from "../src/index.js";
import { fixture } from "./helpers/fixture.js";
import { requireBpf } from "./helpers/requires.js";

const dup: (fd: number) => number = koffi.load(null).func("int dup(int fd)");

test("descriptors from elsewhere work as those of an object and are closed", (t) => {
  if (!requireBpf(t)) return;
  const maps = openObject(fixture("maps")).load();
  const ring = openObject(fixture("ring")).load();
  const fds = {
    hash: dup(maps.map("hash").fd),
    perCpu: dup(maps.perCpuMap("percpu_array").fd),
    ring: dup(ring.map("ring").fd),
    emit: dup(ring.program("emit").fd),
  };
  maps.close();
  ring.close();

  const hash = adoptMap(fds.hash, { key: u32 });
  hash.set(5, new Uint8Array(8));
  assert.deepEqual([...hash], [5]);
  assert.equal(hash.title, 'map "hash"');
  const perCpu = adoptPerCpuMap(fds.perCpu, { key: u32, value: u32 });
  assert.ok(perCpu.get(0)!.every((value) => value === 0));

  const emit = adoptProgram(fds.emit);
  assert.equal(emit.name, "emit");
  const map = adoptMap(fds.ring);
  const buffer = new RingBuffer(map);
  emit.run(new Uint8Array(Uint32Array.of(3, 8, 0, 0, 0).buffer));
  assert.equal(buffer.read().length, 3);

  for (const owned of [hash, perCpu, emit, map]) owned.close();
  assert.ok(buffer.closed, "a ring buffer closes with its map");
  for (const fd of Object.values(fds)) {
    assert.throws(() => readlinkSync(`/proc/self/fd/${fd}`), { code: "ENOENT" }, `descriptor ${fd}`);
  }
});

test("an adopted program is attached to an adopted event", (t) => {
  if (!requireBpf(t)) return;
  using object = openObject(fixture("sampler")).load();
  object.variable("enabled").set(1);
  using opened = openPerfEvent({ pid: 0, frequencyHz: 997 });
  using program = adoptProgram(dup(object.program("on_sample").fd));
  program.attachPerfEvent(adoptPerfEvent(dup(opened.fd)));
  const end = performance.now() + 100;
  while (performance.now() < end);
  assert.ok(object.variable("ticks").get() > 0n);
});

test("what is no descriptor of the kind is refused", (t) => {
  if (!requireBpf(t)) return;
  assert.throws(() => adoptMap(2), { name: "BpfError", code: "EINVAL" });
  assert.throws(() => adoptProgram(1000), { name: "BpfError", code: "EBADFD" });
});
