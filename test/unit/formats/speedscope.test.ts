import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { Ajv } from "ajv";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { readFormat } from "../../../kernel/formats/formats.js";
import { richProfile } from "../../helpers/profile-files.js";
import { samples } from "../../helpers/samples.js";

const SCHEMA = createRequire(import.meta.url).resolve("speedscope/dist/release/file-format-schema.json");
const read = (value: unknown) =>
  readFormat({ file: "x", bytes: new TextEncoder().encode(JSON.stringify(value)) });
const stacks = (value: unknown) => ProfileFrame.fromProfile(read(value)).toFolded();
const frames = [
  { name: "a" },
  { name: "b", file: "b.c", line: 3, col: 4 },
  { name: "c", file: "[kernel.kallsyms]" },
];
const profile = { name: "main", startValue: 0, endValue: 10 };

test("what we write holds to speedscope's schema", () => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(SCHEMA, "utf8")));
  for (const data of [richProfile(), samples("")]) {
    const json = JSON.parse(ProfileFrame.fromProfile(data).toSpeedscope());
    assert.ok(validate(json), JSON.stringify(validate.errors));
  }
  assert.equal(
    validate({ ...JSON.parse(ProfileFrame.fromProfile(richProfile()).toSpeedscope()), profiles: [{}] }),
    false,
  );
});

test("sampled profiles: times, merged neighbours, counts", () => {
  const sampled = (unit: string, weights: number[]) => ({
    shared: { frames },
    profiles: [{ ...profile, type: "sampled", unit, samples: [[0], [0, 1], [0, 2]], weights }],
  });
  assert.equal(
    stacks(sampled("milliseconds", [10, 20, 30])),
    "a 1\na;b 2\na;c 3\n",
    "three of 10 ms were one",
  );
  assert.equal(stacks(sampled("milliseconds", [9.7, 10.4, 11.2])), "a 1\na;b 1\na;c 1\n", "no common period");
  assert.equal(stacks(sampled("none", [5, 7, 0])), "a 5\na;b 7\n");
  const data = read(sampled("milliseconds", [10, 20, 30]));
  assert.deepEqual(Array.from(data.samples.atMs), [0, 10, 30]);
  assert.deepEqual(Array.from(data.samples.weight), [1e7, 2e7, 3e7]);
  assert.deepEqual(data.frames.file, [null, "b.c", null]);
  assert.deepEqual(data.frames.line, [null, 3, null]);
  assert.deepEqual(data.frames.kind, ["user", "user", "kernel"]);
  assert.deepEqual([data.meta.unit, data.meta.window.durationMs], [undefined, 60]);
  assert.equal(read(sampled("bytes", [10, 20, 30])).meta.unit, "bytes");
});

test("evented profiles: the time that each stack was open, and events that make no sense", () => {
  const evented = (...events: [string, number, number][]) => ({
    shared: { frames },
    profiles: [
      {
        ...profile,
        type: "evented",
        unit: "milliseconds",
        events: events.map(([type, frame, at]) => ({ type, frame, at })),
      },
    ],
  });
  const data = read(evented(["O", 0, 1], ["O", 1, 2], ["C", 1, 5], ["C", 0, 9], ["O", 2, 9], ["C", 2, 10]));
  assert.equal(ProfileFrame.fromProfile(data).toFolded(), "a 5000\na;b 3000\nc 1000\n");
  assert.deepEqual(Array.from(data.samples.atMs), [1, 2, 5, 9]);
  assert.match(data.meta.notes[0], /microseconds/);
  assert.throws(
    () => read(evented(["C", 0, 1])),
    /x: \$\.profiles\[0\]\.events\[0\]\.frame: expected the innermost open frame/,
  );
  assert.throws(
    () => read(evented(["O", 0, 5], ["C", 0, 1])),
    /\$\.profiles\[0\]\.events\[1\]\.at: expected events in the order of time/,
  );
  assert.throws(() => read(evented(["O", 0, 5])), /expected every frame to close, 1 are open/);
});
