import assert from "node:assert/strict";
import test from "node:test";
import { columnFromArray, tableFromColumns, tableToIPC, utf8 } from "@uwdata/flechette";
import { encodeResultTables } from "../../../bpf/sampler/result-tables.js";
import { type ProfileTableName, profileDataFromTables } from "../../../kernel/dataframe/arrow.js";
import { seeded } from "../../helpers/mutate.js";
import { samples } from "../../helpers/samples.js";

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

test("numbers are as narrow as they can be, and as they were when they are asked for", () => {
  const random = seeded(5);
  const columns = {
    // By the nanosecond, with a pause that 32 bits do not hold; unknown CPUs; each its own weight.
    bytes: { cpu: [-1, 127], thread: [0, 255], stack: [0, 65_535], weight: [0, 2 ** 32 - 1], gapNs: 300 },
    words: { cpu: [-1, 128], thread: [0, 256], stack: [0, 65_536], weight: [0.5, 2 ** 53], gapNs: 5e9 },
    equal: { cpu: [3, 3], thread: [0, 0], stack: [7, 7], weight: [1e6, 1e6], gapNs: 1e6 },
    below: { cpu: [-129, 0], thread: [0, 1], stack: [0, 1], weight: [-0, 1], gapNs: 2 },
  };
  for (const { gapNs, cpu, thread, stack, weight } of Object.values(columns)) {
    const one = ([least, most]: number[]) => (random() < 0.5 ? least : most);
    const length = 1000;
    let ns = 0;
    const data = {
      ...hostile,
      samples: {
        atMs: Float64Array.from({ length }, () => {
          ns += Math.floor(random() * gapNs);
          return ns / 1e6;
        }),
        cpu: Int32Array.from({ length }, () => one(cpu)),
        thread: Int32Array.from({ length }, () => one(thread)),
        stack: Int32Array.from({ length }, () => one(stack)),
        weight: Float64Array.from({ length }, () => one(weight)),
      },
    };
    const tables = encodeResultTables(data);
    assert.deepEqual(profileDataFromTables(tables, data.meta).samples, data.samples);
    if (gapNs === 300) assert.ok(tables.samples.length < length * (2 + 1 + 1 + 2 + 4) + 2000);
  }
});

test("a missing column is named", () => {
  const tables = encodeResultTables(hostile);
  assert.throws(
    () => profileDataFromTables({ ...tables, samples: tables.threads }, hostile.meta),
    /the table "samples" of this profile has no column "after_ns"/,
  );
});

test("a column of samples that has no numbers is named", () => {
  const tables = encodeResultTables(hostile);
  const text = columnFromArray(["a", "b"], utf8());
  const samplesTable = tableFromColumns({
    after_ns: text,
    cpu: text,
    thread: text,
    stack: text,
    weight: text,
  });
  const bytes = tableToIPC(samplesTable, { format: "stream" }) as Uint8Array;
  assert.throws(
    () => profileDataFromTables({ ...tables, samples: bytes }, hostile.meta),
    /the column "after_ns" of the table "samples" is not of numbers/,
  );
});
