import assert from "node:assert/strict";
import test from "node:test";
import { ColumnFrame } from "../../../kernel/dataframe/column-frame.js";
import { DataFrame } from "../../../kernel/dataframe/danfojs/index.js";
import { OptionError } from "../../../kernel/dataframe/option-error.js";

test("keys are never joined: ('x-y','z') is not ('x','y-z'), and 1 is not '1'", () => {
  const frame = ColumnFrame.of({ a: ["x-y", "x", "x-y"], b: ["z", "y-z", "z"], n: [1, 2, 4] });
  assert.deepEqual(frame.groupby(["a", "b"]).col(["n"]).sum().values, [
    ["x-y", "z", 5],
    ["x", "y-z", 2],
  ]);
  const mixed = ColumnFrame.of({ k: [1, "1", 1], n: [1, 2, 3] });
  assert.deepEqual(mixed.groupby(["k"]).col(["n"]).sum().values, [
    [1, 4],
    ["1", 2],
  ]);
});

test("keys may have the names of an object's members", () => {
  const names = ["constructor", "__proto__", "toString", "constructor"];
  const sums = ColumnFrame.of({ name: names, n: [1, 2, 3, 4] })
    .groupby(["name"])
    .col(["n"])
    .sum();
  assert.deepEqual(sums.values, [
    ["constructor", 5],
    ["__proto__", 2],
    ["toString", 3],
  ]);
});

test("dates a millisecond apart are two groups", () => {
  const at = [new Date(0), new Date(1), new Date(0)];
  assert.equal(ColumnFrame.of({ at, n: [1, 1, 1] }).groupby(["at"]).ngroups, 2);
});

test("every aggregation, against values worked out by hand", () => {
  const frame = ColumnFrame.of({ k: ["a", "b", "a", "a"], n: [2, 10, 4, 9], s: ["q", "p", "z", "r"] });
  const result = frame
    .groupby("k")
    .agg({ n: ["sum", "mean", "min", "max", "count", "std", "var", "median"], s: ["min", "max"] });
  const a = Object.fromEntries(result.columns.map((name, i) => [name, (result.values[0] as unknown[])[i]]));
  assert.deepEqual(
    { ...a, n_std: undefined },
    {
      k: "a",
      n_sum: 15,
      n_mean: 5,
      n_min: 2,
      n_max: 9,
      n_count: 3,
      n_std: undefined,
      n_var: 13,
      n_median: 4,
      s_min: "q",
      s_max: "z",
    },
  );
  assert.equal(a.n_std, Math.sqrt(13));
});

test("missing values are left out", () => {
  const frame = ColumnFrame.of({ k: ["a", "a", "b"], n: [1, null, null] });
  const result = frame.groupby("k").agg({ n: ["sum", "mean", "count"] });
  assert.deepEqual(result.values, [
    ["a", 1, 1, 1],
    ["b", 0, null, 0],
  ]);
});

test("without col(), sums are of the columns that have numbers", () => {
  const frame = ColumnFrame.of({ k: ["a", "a"], s: ["x", "y"], n: [1, 2] });
  assert.deepEqual(frame.groupby("k").sum().columns, ["k", "n_sum"]);
  assert.deepEqual(frame.groupby("k").count().columns, ["k", "s_count", "n_count"]);
});

test("errors name what was asked", () => {
  const frame = ColumnFrame.of({ k: ["a"], s: ["x"] });
  assert.throws(() => frame.groupby("nope"), OptionError);
  assert.throws(() => frame.groupby("nope"), /groupby: option "column" must be one of "k", "s", got "nope"/);
  assert.throws(() => frame.groupby("k").col(["nope"]), OptionError);
  assert.throws(() => frame.groupby("k").col(["s"]).sum(), /sum needs numbers, and column "s" is string/);
  assert.throws(() => frame.groupby("k").agg({ s: "first_of_all" }), OptionError);
});

test("the rest of danfojs's groupby", () => {
  const frame = ColumnFrame.of({ k: ["a", "b", "a"], n: [1, 2, 3] });
  const groups = frame.groupby(["k"]);
  assert.deepEqual(groups.size().values, [
    ["a", 2],
    ["b", 1],
  ]);
  assert.deepEqual(groups.first().values, [
    ["a", 1],
    ["b", 2],
  ]);
  assert.deepEqual(groups.last().values, [
    ["a", 3],
    ["b", 2],
  ]);
  assert.deepEqual(groups.getGroup(["a"]).column("n").values, [1, 3]);
  assert.throws(() => groups.getGroup(["z"]), /no group has k = z/);
  assert.deepEqual(groups.col(["n"]).cumSum().values, [
    ["a", 1],
    ["a", 4],
    ["b", 2],
  ]);
  assert.deepEqual(groups.apply((rows) => rows.head(1)).values, [
    ["a", 1],
    ["b", 2],
  ]);
  assert.deepEqual(Object.keys(groups.groups), ["a", "b"]);
});

test("on clean data the results are danfojs's", () => {
  let seed = 42;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * below);
  };
  for (let round = 0; round < 20; round++) {
    const length = 1 + random(60);
    const column = <T>(make: () => T) => Array.from({ length }, make);
    const arrays = {
      a: column(() => `a${random(4)}`),
      b: column(() => `b${random(3)}`),
      n: column(() => random(100)),
      m: column(() => random(9)),
    };
    const ours = ColumnFrame.of(arrays);
    const theirs = new DataFrame(arrays);
    for (const operation of ["sum", "mean", "min", "max", "count", "std"] as const) {
      const mine = ours.groupby(["a", "b"]).col(["n", "m"])[operation]();
      const reference = theirs.groupby(["a", "b"]).col(["n", "m"])[operation]();
      assert.deepEqual(mine.columns, reference.columns);
      // danfojs keeps groups of one first key together; ours come as their first rows do.
      close(sorted(mine.values), sorted(reference.values));
    }
    const least = random(100);
    assert.deepEqual(
      ours.query(ours.n.ge(least)).values,
      theirs.n.ge(least).values.some(Boolean) ? theirs.query(theirs.n.ge(least)).values : [],
    );
    assert.deepEqual(ours.sortValues("n").values, theirs.sortValues("n").values);
  }
});

function sorted(rows: unknown): unknown[] {
  return (rows as unknown[][]).toSorted((a, b) =>
    JSON.stringify(a.slice(0, 2)) < JSON.stringify(b.slice(0, 2)) ? -1 : 1,
  );
}

/** Equal but for the last digits: sums of squares may be added in another order. */
function close(actual: unknown, expected: unknown): void {
  const digits = (value: unknown) =>
    JSON.stringify(value, (_, v) => (typeof v === "number" ? Number(v.toPrecision(9)) : v));
  assert.equal(digits(actual), digits(expected));
}
