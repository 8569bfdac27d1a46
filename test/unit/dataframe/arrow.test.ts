import assert from "node:assert/strict";
import test from "node:test";
import { encodeResultTables } from "../../../bpf/sampler/result-tables.js";
import { type ProfileTableName, profileDataFromTables } from "../../../kernel/dataframe/arrow.js";
import { exampleMeta, samples } from "../../helpers/samples.js";

const hostile = samples(`
  comm:a&b[tid:7][cpu:3]       comm:__proto__[end:bad-frame-pointer]
  main[file:/src/m.c][line:3]  constructor[mod:[jit]][kind:jit]
  étape                        <img>
  -                            read[kind:kernel]
`);

test("a profile survives Arrow unchanged", () => {
  assert.deepEqual(profileDataFromTables(encodeResultTables(hostile), hostile.meta), hostile);
});

test("so does a profile of nothing", () => {
  const none = samples("");
  assert.deepEqual(profileDataFromTables(encodeResultTables(none), none.meta), none);
});

test("so do names that are empty, in a stack without frames", () => {
  const data = samples("comm:x\n-");
  const odd = {
    ...data,
    frames: {
      ...hostile.frames,
      name: hostile.frames.name.map(() => ""),
      module: hostile.frames.module.map(() => ""),
    },
  };
  assert.deepEqual(profileDataFromTables(encodeResultTables(odd), odd.meta), odd);
});

test("ids keep all their bits", () => {
  const id = BigInt64Array.from(hostile.stacks.id, () => (1n << 62n) + 12345678901n);
  const data = { ...hostile, stacks: { ...hostile.stacks, id } };
  assert.deepEqual(profileDataFromTables(encodeResultTables(data), data.meta).stacks.id, id);
});

test("tables may lie anywhere in what was received", () => {
  const tables = encodeResultTables(hostile);
  for (const shift of [1, 4, 8]) {
    const moved = Object.fromEntries(
      Object.entries(tables).map(([name, bytes]) => {
        const buffer = new Uint8Array(bytes.length + shift);
        buffer.set(bytes, shift);
        return [name, buffer.subarray(shift)];
      }),
    ) as Record<ProfileTableName, Uint8Array>;
    assert.deepEqual(profileDataFromTables(moved, hostile.meta), hostile);
  }
});

test("numbers are not copied", () => {
  const tables = encodeResultTables(hostile);
  assert.equal(profileDataFromTables(tables, exampleMeta(2)).samples.atMs.buffer, tables.samples.buffer);
});

test("a missing column is named", () => {
  const tables = encodeResultTables(hostile);
  assert.throws(
    () => profileDataFromTables({ ...tables, samples: tables.threads }, hostile.meta),
    /the table "samples" of this profile has no column "at_ms"/,
  );
});
