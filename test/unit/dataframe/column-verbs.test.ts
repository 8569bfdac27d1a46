import assert from "node:assert/strict";
import test from "node:test";
import { ColumnFrame } from "../../../kernel/dataframe/column-frame.js";
import { OptionError } from "../../../kernel/dataframe/option-error.js";
import { seeded } from "../../helpers/mutate.js";

const people = () =>
  ColumnFrame.of({ name: ["ada", "bob", "cid"], team: ["x", "y", null], age: [36, 20, 41] });
const teams = () => ColumnFrame.of({ team: ["y", "x", "y", null, "z"], age: [1, 2, 3, 4, 5] });
const rows = (frame: ColumnFrame) => Array.from(frame, (row) => Object.values(row));

test("merge: each way of joining, in the order of the left frame; what is missing equals what is missing", () => {
  const inner = people().merge(teams(), { on: "team" });
  assert.deepEqual(inner.columns, ["team", "name", "age", "age_1"]);
  const both = [
    ["x", "ada", 36, 2],
    ["y", "bob", 20, 1],
    ["y", "bob", 20, 3],
    [null, "cid", 41, 4],
  ];
  assert.deepEqual(rows(inner), both);
  const right = people().merge(teams(), { on: ["team"], how: "right", suffixes: ["_own", "_team"] });
  assert.deepEqual(right.columns, ["team", "name", "age_own", "age_team"]);
  assert.deepEqual(rows(right), [
    ["y", "bob", 20, 1],
    ["x", "ada", 36, 2],
    ["y", "bob", 20, 3],
    [null, "cid", 41, 4],
    ["z", null, Number.NaN, 5],
  ]);
  assert.deepEqual(rows(people().merge(teams(), { on: "team", how: "outer" })), [
    ...both,
    ["z", null, Number.NaN, 5],
  ]);
  const owners = ColumnFrame.of({ name: ["bob", "eve"], owner: ["us", "them"] });
  assert.deepEqual(people().join(owners).column("owner").values, [null, "us", null]);
});

test("merge says what is wrong with its options", () => {
  assert.throws(() => people().merge(teams(), { on: "name" }), /option "on" must be one of "team", "age"/);
  assert.throws(() => people().merge(teams(), { how: "cross" as never }), OptionError);
  assert.throws(() => people().merge(ColumnFrame.of({ q: [1] })), OptionError);
});

test("merge of frames, against every pair compared", () => {
  const random = seeded(3);
  for (let round = 0; round < 50; round++) {
    const column = (length: number) =>
      Array.from({ length }, () => [1, "1", "a_b", null, true][Math.floor(random() * 5)]);
    const [n, m] = [Math.floor(random() * 20), Math.floor(random() * 20)];
    const left = ColumnFrame.of({ a: column(n), b: column(n), i: Array.from({ length: n }, (_, i) => i) });
    const right = ColumnFrame.of({ a: column(m), b: column(m), j: Array.from({ length: m }, (_, j) => j) });
    const pairs: unknown[][] = [];
    for (const one of left)
      for (const other of right)
        if (one.a === other.a && one.b === other.b) pairs.push([one.a, one.b, one.i, other.j]);
    assert.deepEqual(rows(left.merge(right)), pairs);
  }
});

test("valueCounts counts rows, the most frequent first", () => {
  const frame = ColumnFrame.of({ a: ["x", "y", "y"], b: [1, 2, 2] });
  assert.deepEqual(frame.valueCounts("a").toJSON(), { a: ["y", "x"], rows: [2, 1], share: [2 / 3, 1 / 3] });
  assert.deepEqual(frame.valueCounts().toJSON(), {
    a: ["y", "x"],
    b: [2, 1],
    rows: [2, 1],
    share: [2 / 3, 1 / 3],
  });
});

test("pivot makes columns of values", () => {
  const frame = ColumnFrame.of({
    t: ["a", "b", "a", "a"],
    k: ["user", "kernel", "kernel", "user"],
    n: [1, 2, 3, 4],
  });
  assert.deepEqual(frame.pivot({ index: "t", columns: "k", values: "n" }).toJSON(), {
    t: ["a", "b"],
    user: [5, Number.NaN],
    kernel: [3, 2],
  });
  const most = frame.pivot({
    index: ["t"],
    columns: "k",
    values: "n",
    aggregate: (values) => Math.max(...values),
  });
  assert.deepEqual(most.column("user").values, [4, Number.NaN]);
  const twins = ColumnFrame.of({ t: ["t", "t"], k: [1, "1"], n: [1, 2] });
  assert.deepEqual(twins.pivot({ index: "t", columns: "k", values: "n" }).columns, ["t", "1", "1_1"]);
  assert.throws(() => frame.pivot({ index: "t", columns: "k", values: "k" }), /sum needs numbers/);
  assert.throws(
    () => frame.pivot({ index: "t", columns: "k", values: "n", aggregate: "sun" as never }),
    OptionError,
  );
});

test("agg takes functions of a group's values, which are named after them", () => {
  const frame = ColumnFrame.of({ k: ["a", "b", "a"], n: [1, 5, 4] });
  const result = frame.groupby("k").agg({
    n: [
      "sum",
      (values) => values.length,
      function spread(values: number[]) {
        return Math.max(...values) - Math.min(...values);
      },
    ],
  });
  assert.deepEqual(result.toJSON(), { k: ["a", "b"], n_sum: [5, 5], n_custom: [2, 1], n_spread: [3, 0] });
});

test("a function that is written into agg is custom", () => {
  const frame = ColumnFrame.of({ k: ["a"], n: [1] });
  assert.deepEqual(frame.groupby("k").agg({ n: (values) => values[0] }).columns, ["k", "n_custom"]);
});

test("long frames sort as short ones do", () => {
  const random = seeded(5);
  const length = 5000;
  const odd = [0, -0, Number.NaN, Infinity, -Infinity, 1e-300, -1e300, 5e-324];
  const float = Array.from({ length }, () =>
    random() < 0.3 ? odd[Math.floor(random() * odd.length)] : random() * 200 - 100,
  );
  const int = Int32Array.from({ length }, () => (random() - 0.5) * (random() < 0.5 ? 8 : 2 ** 32));
  const text = Array.from({ length }, () => (random() < 0.1 ? null : `t${Math.floor(random() * 9)}`));
  const frame = ColumnFrame.of({ row: Int32Array.from({ length }, (_, i) => i), float, int, text });
  for (const by of [["float"], ["int"], ["text", "float"], ["text", "int", "float"]] as (
    | "float"
    | "int"
    | "text"
  )[][]) {
    for (const ascending of [true, false]) {
      const expected = Array.from({ length }, (_, i) => i).sort((a, b) => {
        for (const name of by) {
          const [left, right] = [a, b].map((row) => ({ float, int, text })[name][row] as number);
          const missing = (value: unknown) => Number(value === null || Number.isNaN(value));
          if (missing(left) || missing(right)) {
            if (missing(left) !== missing(right)) return missing(left) - missing(right);
          } else if (left !== right) return left < right === ascending ? -1 : 1;
        }
        return a - b;
      });
      const sorted = frame.sortValues(by, { ascending: by.map(() => ascending) });
      assert.deepEqual(sorted.column("row").values, expected, `${by} ${ascending}`);
    }
  }
});

test("sample draws distinct rows by its seed, and at most all of them", async () => {
  const frame = ColumnFrame.of({ i: Int32Array.from({ length: 100 }, (_, i) => i) });
  const drawn = (await frame.sample(30, { seed: 9 })).column("i").values as number[];
  assert.equal(new Set(drawn).size, 30);
  assert.deepEqual((await frame.sample(30, { seed: 9 })).column("i").values, drawn);
  assert.notDeepEqual((await frame.sample(30, { seed: 8 })).column("i").values, drawn);
  assert.equal((await frame.sample(1000)).shape[0], 100);
  await assert.rejects(async () => frame.sample(-1), OptionError);
});
