import assert from "node:assert/strict";
import { test } from "node:test";
import { tableFromArrays, tableToIPC } from "@uwdata/flechette";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { readFormat } from "../../../kernel/formats/formats.js";
import { richProfile } from "../../helpers/profile-files.js";
import { samples } from "../../helpers/samples.js";

const read = (bytes: Uint8Array) => readFormat({ file: "x", bytes });
const ipc = (arrays: Record<string, unknown[]>, format: "stream" | "file") =>
  tableToIPC(tableFromArrays(arrays as never), { format }) as Uint8Array;

test("tables of other programs: a stream or a file, with fewer columns", () => {
  const arrays = { stack: ["main;a", "main;b", "main;a"], samples: [3, 4, 5], extra: [true, false, true] };
  for (const format of ["stream", "file"] as const) {
    const data = read(ipc(arrays, format));
    assert.equal(ProfileFrame.fromProfile(data).toFolded(), "main;a 8\nmain;b 4\n", format);
    assert.deepEqual([data.meta.unit, data.meta.accounting.known], ["samples", false]);
  }
  const timed = read(ipc({ stack: ["main"], time_ms: [2.5], tid: [7], comm: ["worker"] }, "stream"));
  const frame = ProfileFrame.fromProfile(timed);
  assert.deepEqual([frame.time_ms.values, frame.tid.values, frame.comm.values], [[2.5], [7], ["worker"]]);
});

test("what is no such table is said", () => {
  assert.throws(() => read(ipc({ name: ["a"], n: [1] }, "stream")), {
    name: "FormatError",
    message: /^x: byte 0: expected a column "stack" of folded stacks among name, n/,
  });
  assert.throws(
    () => read(ipc({ stack: ["a"], samples: [-1] }, "stream")),
    /expected a number of samples in row 0/,
  );
  const whole = ipc({ stack: ["a"] }, "stream");
  assert.throws(
    () => read(whole.subarray(0, 100)),
    /^FormatError: x: byte 0: expected a message of \d+ bytes, \d+ are left/,
  );
});

test("the accounting, the ends and the times of ours come back", () => {
  const accounting = { ticks: 9, samples: 6, filtered: { idle: 2 }, dropped: { "ring-full": 1 } };
  const data = { ...richProfile(), meta: { ...richProfile().meta, accounting } };
  const back = read(ProfileFrame.fromProfile(data).toArrow());
  assert.deepEqual(back.meta.accounting, accounting);
  assert.deepEqual(back.meta.ends, data.meta.ends);
  assert.deepEqual(back.samples, { ...data.samples, thread: back.samples.thread, stack: back.samples.stack });
  assert.equal(read(ProfileFrame.fromProfile(samples("")).toArrow()).samples.stack.length, 0);
});
