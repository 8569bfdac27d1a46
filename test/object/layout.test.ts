import assert from "node:assert/strict";
import { test } from "node:test";
import { openObject } from "libbpf-ts";
import { SAMPLER_OBJECT } from "../../bpf/sampler/in-process.js";
import {
  COUNTERS,
  MAX_FRAMES,
  MAX_WINDOWS,
  PENDING,
  PENDING_BYTES,
  SAMPLE,
  UNWIND_ENDS,
} from "../../bpf/sampler/layout.js";

const object = openObject(SAMPLER_OBJECT).load();
test.after(() => object.close());

test("the decoder's offsets are those of struct sample in the object's BTF", () => {
  const layout = object.struct("sample");
  assert.ok(layout);
  const offsets = Object.fromEntries(layout.members.map(({ name, offset }) => [name, offset]));
  assert.deepEqual(offsets, { ...SAMPLE });
  assert.equal(layout.size, SAMPLE.addresses + 2 * MAX_FRAMES * 8);
});

test("the counters are those of struct window_counters, in order, eight bytes each", () => {
  const layout = object.struct("window_counters");
  assert.ok(layout);
  assert.deepEqual(
    layout.members.map(({ name, offset }) => [name, offset]),
    COUNTERS.map((name, i) => [name, i * 8]),
  );
});

test("the program has room for as many windows as the sampler opens", () => {
  assert.equal(object.perCpuMap("counters").info.maxEntries, MAX_WINDOWS);
});

test("what follows a pending sample's addresses is struct unwind_pending", () => {
  const layout = object.struct("unwind_pending");
  assert.ok(layout);
  assert.deepEqual(Object.fromEntries(layout.members.map(({ name, offset }) => [name, offset])), {
    ...PENDING,
  });
  assert.equal(layout.size, PENDING_BYTES);
});

test("the words for ends are enum unwind_end, in order", () => {
  assert.deepEqual(
    object.enum("unwind_end"),
    Object.fromEntries(
      UNWIND_ENDS.map((word, i) => [`UNWIND_END_${word.toUpperCase().replaceAll("-", "_")}`, i]),
    ),
  );
});
