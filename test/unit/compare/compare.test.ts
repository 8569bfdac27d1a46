import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";
import type { ProfileMeta } from "../../../kernel/dataframe/profile-data.js";
import { jupyterDisplay } from "../../../kernel/display/mime.js";
import { type CompareOptions, Comparison, compare, ProfileFrame } from "../../../kernel/index.js";
import { samples } from "../../helpers/samples.js";

/** A profile of some samples of each stack, whose frames are `name` or `name@module`, root first. */
function profileOf(counts: Record<string, number>, meta: Partial<ProfileMeta> = {}): ProfileFrame {
  const stacks = Object.entries(counts).flatMap(([stack, count]) =>
    Array.from({ length: count }, () => stack.split(";")),
  );
  const depth = Math.max(...stacks.map((stack) => stack.length));
  const line = (i: number) =>
    stacks.map((stack) => (stack[i] ?? "-").replace(/@(.*)/, "[mod:$1]")).join("  ");
  return ProfileFrame.fromProfile(samples(Array.from({ length: depth }, (_, i) => line(i)).join("\n"), meta));
}

const before = () =>
  profileOf({ "main;parse@/a/app;parse@/a/app": 300, "main;parse@/a/app;read": 100, "main;draw": 600 });
const after = () =>
  profileOf({ "main;parse@/b/app;parse@/b/app": 100, "main;parse@/b/app;read": 104, "main;draw": 596 });
const rows = (frame: Comparison, ...names: string[]) =>
  Array.from(frame, (row) => names.map((name) => row[name]));

test("functions by self: shares, times, intervals and verdicts, joined over folders of builds", () => {
  const result = compare(before(), after());
  assert.deepEqual(rows(result, "name", "module", "before", "after", "verdict"), [
    ["parse", "/b/app", 300, 100, "faster"],
    ["draw", "app", 600, 596, "slower"],
    ["read", "app", 100, 104, "no evidence"],
  ]);
  assert.deepEqual(rows(result, "share_before", "share_after", "time_difference_ms")[0], [0.3, 0.125, -200]);
  for (const { difference, low, high, p } of result) {
    assert.ok(low < difference && difference < high);
    assert.ok(p >= 0 && p <= 1);
  }
  const { meta } = result;
  assert.deepEqual(meta.verdicts, { slower: 1, faster: 1, "no evidence": 1 });
  assert.deepEqual([meta.before.timeMs, meta.after.timeMs, meta.differenceMs], [1000, 800, -200]);
  assert.equal(meta.differenceShare, -0.2);
  assert.equal(meta.over, "samples");
});

test("functions by total count recursion once; stacks are compared whole", () => {
  assert.deepEqual(rows(compare(before(), after(), { of: "total" }), "name", "before", "after", "verdict"), [
    ["parse", 400, 204, "faster"],
    ["draw", 600, 596, "slower"],
    ["read", 100, 104, "no evidence"],
    ["main", 1000, 800, "no evidence"],
  ]);
  const stacks = compare(before(), after(), { by: "stack" });
  assert.deepEqual(rows(stacks, "stack", "name", "before", "after", "verdict")[0], [
    "main;parse;parse",
    "parse",
    300,
    100,
    "faster",
  ]);
  assert.equal(stacks.shape[0], 3);
});

test("what is on one side only, filtered frames, and equal sides", () => {
  const gone = compare(profileOf({ a: 50, b: 50 }), profileOf({ a: 50, c: 50 }));
  assert.deepEqual(rows(gone, "name", "before", "after", "verdict"), [
    ["b", 50, 0, "faster"],
    ["c", 0, 50, "slower"],
    ["a", 50, 50, "no evidence"],
  ]);
  const left = compare(before().query((row) => row.leaf !== "draw") as ProfileFrame, after().focus("parse"));
  assert.deepEqual([left.meta.before.samples, left.meta.after.samples], [400, 204]);
  const same = compare(before(), before());
  assert.deepEqual(same.meta.verdicts, { slower: 0, faster: 0, "no evidence": 3 });
  assert.ok([...same].every(({ difference, p }) => difference === 0 && p === 1));
});

test("several windows: times are means, and windows that differ among themselves are no evidence", () => {
  const window = (a: number) => profileOf({ a, b: 1000 - a });
  const noisy = compare([window(100), window(500), window(300)], [window(600), window(200), window(450)]);
  assert.equal(noisy.meta.over, "windows");
  assert.deepEqual(noisy.meta.verdicts, { slower: 0, faster: 0, "no evidence": 2 });
  assert.equal(noisy.meta.before.timeMs, 1000);
  // As if all samples were of one window they would be.
  const pooled = compare(profileOf({ a: 900, b: 2100 }), profileOf({ a: 1250, b: 1750 }));
  assert.deepEqual(pooled.meta.verdicts, { slower: 1, faster: 1, "no evidence": 0 });
  const steady = compare([window(300), window(310), window(290)], [window(500), window(490), window(510)]);
  assert.deepEqual(rows(steady, "name", "verdict", "time_difference_ms"), [
    ["a", "slower", 200],
    ["b", "faster", -200],
  ]);
  // Windows that are alike by chance are no surer than their samples.
  const few = compare(
    [profileOf({ a: 9, b: 1 }), profileOf({ a: 9, b: 1 })],
    [profileOf({ a: 10 }), profileOf({ a: 10 })],
  );
  assert.deepEqual(few.meta.verdicts, { slower: 0, faster: 0, "no evidence": 2 });
  assert.deepEqual(
    compare([window(1), window(3)], [window(2), window(9)]).toJSON(),
    compare([window(1), window(3)], [window(2), window(9)]).toJSON(),
  );
});

test("by time, what did not change has no verdict, though its share grew", () => {
  const result = compare(before(), profileOf({ "main;parse@/a/app;read": 103, "main;draw": 596 }), {
    measure: "time",
  });
  assert.deepEqual(rows(result, "name", "before_ms", "after_ms", "difference_ms", "verdict"), [
    ["parse", 300, 0, -300, "faster"],
    ["draw", 600, 596, -4, "no evidence"],
    ["read", 100, 103, 3, "no evidence"],
  ]);
  for (const { difference_ms: difference, low_ms: low, high_ms: high } of result)
    assert.ok(low < difference && difference < high);
  assert.match(
    String(result),
    /functions by self, by CPU time in a window: 0 slower, 1 faster, 2 no evidence/,
  );
  assert.equal(compare(before(), after()).meta.measure, "share");

  // Windows of one load: means of windows, and what differs from window to window is no evidence.
  const window = (a: number, b: number) => profileOf({ a, b });
  const one = [window(300, 100), window(320, 300), window(280, 200)];
  const windows = compare(one, [window(150, 300), window(160, 180)], { measure: "time" });
  assert.deepEqual(rows(windows, "name", "before_ms", "after_ms", "verdict"), [
    ["a", 300, 155, "faster"],
    ["b", 200, 240, "no evidence"],
  ]);
  assert.match(String(windows), /intervals: 95 % over windows/);
});

test("it shows the whole effect and its rows, escaped, also when rows were filtered away", () => {
  const result = compare(before(), after());
  const text = String(result);
  assert.match(
    text,
    /^CPU time 1,000\.0 → 800\.0 ms \(−200\.0 ms, −20\.0 %\).* · 1,000 samples → 800 samples\n/,
  );
  assert.match(
    text,
    /functions by self, by share of samples: 1 slower, 1 faster, 1 no evidence · intervals: 95 % over samples · p: Holm/,
  );
  assert.match(text, /parse .* 300 +100 .*-0\.175 .*faster/);
  assert.equal(inspect(result), text);
  const none = result.query((row) => row.before > 1e6);
  assert.ok(none instanceof Comparison);
  assert.match(String(none), /1 slower, 1 faster.*\n?/);
  const hostile = compare(profileOf({ "<img>": 9 }), profileOf({ "<img>": 9 }))[jupyterDisplay]();
  assert.match(String(hostile["text/html"]), />&#60;img&#62;</);
  assert.doesNotMatch(String(hostile["text/html"]), /<img>/);
});

test("sides and options that cannot be compared are named, with the remedy", () => {
  const a = before();
  const empty = a.query(() => false) as ProfileFrame;
  assert.throws(() => compare(a, empty), /compare: "after" has no samples: take a longer window/);
  assert.throws(() => compare([a, empty], a), /window 2 of "before" has no samples/);
  assert.throws(() => compare([], a), {
    name: "OptionError",
    message: /"before" must be a profile, or a list/,
  });
  assert.throws(() => compare(a, {} as ProfileFrame), {
    name: "OptionError",
    message: /"after" must be a ProfileFrame/,
  });
  const other = profileOf({ a: 1 }, { event: "cache-misses" });
  assert.throws(() => compare(a, other), /samples of ".*" and of "cache-misses" cannot be compared/);
  const bytes = profileOf({ a: 1 }, { unit: "bytes" });
  assert.throws(() => compare(a, bytes), /weights in nanoseconds and in bytes cannot be compared/);
  const inBytes = compare(bytes, bytes);
  assert.ok(Number.isNaN(inBytes.meta.differenceMs));
  assert.match(String(inBytes), /^1 sample → 1 sample\n/);
  assert.throws(() => compare(a, a.normalize(77)), /fractions of samples.*before normalize/);
  assert.throws(() => compare(a, a, { by: "thread" } as unknown as CompareOptions), {
    name: "OptionError",
    message: /"by" must be one of "function", "stack"/,
  });
  assert.throws(() => compare(bytes, bytes, { measure: "time" }), {
    name: "OptionError",
    message: /"measure" must be "share", as the samples are weighed in bytes/,
  });
  const timeless = ProfileFrame.fromProfile(samples("comm:a[weight:0]\nmain"));
  assert.throws(
    () => compare(a, [a, timeless], { measure: "time" }),
    /"share", as there is a window whose samples have no time/,
  );
  assert.throws(() => compare(a, a, { measure: "ms" } as unknown as CompareOptions), {
    name: "OptionError",
  });
  assert.throws(() => compare(a, a, { of: "x" } as unknown as CompareOptions), { name: "OptionError" });
  assert.throws(() => compare(a, a, { where: 1 } as CompareOptions), {
    name: "OptionError",
    message: /where/,
  });
});
