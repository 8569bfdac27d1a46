import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";
import { ColumnFrame } from "../../../kernel/dataframe/column-frame.js";
import { DataFrame, dfd } from "../../../kernel/dataframe/danfojs/index.js";
import { OptionError } from "../../../kernel/dataframe/option-error.js";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { samples, tree } from "../../helpers/samples.js";

/**
 * What danfojs 1.2.0 gets wrong, defect by defect, and what a ProfileFrame does instead.
 *
 * Rows: io;std::map<int, int>::at (2 samples), x-y;z, x;y-z, constructor, __proto__, a<TAB>b.
 */
const spiteful = () =>
  ProfileFrame.fromProfile(
    samples(
      `
      comm:io[process:x-y][tid:7]  comm:io[process:x-y][tid:7]  comm:z[process:x-y][tid:8]  comm:y-z[process:x][tid:9]  comm:a_b[process:c][tid:3]  comm:a[process:b_c][tid:4]
      main                         main                         constructor                 __proto__                   toString                    a\tb
      std::map<int, int>::at       std::map<int, int>::at       0x7f001122                  123                         1e5                         "say" [x]
      `,
    ),
  );
const values = (frame: DataFrame, name: string) => frame.column(name).values;

test("1: CSV quotes commas, quotes and line breaks", () => {
  const csv = spiteful().toCSV();
  assert.equal(csv.split("\r\n").length, 7);
  assert.match(csv, /,"main;std::map<int, int>::at","std::map<int, int>::at",app,user,2,2,2,complete\r\n/);
  assert.match(csv, /"a\tb;""say"" \[x\]"/);
  assert.equal(dfd.toCSV(spiteful()), csv);
  assert.match(ColumnFrame.of({ a: ["two\nlines"] }).toCSV(), /"two\nlines"/);
});

test("2: keys of groups are not joined by '-', and keep their types", () => {
  const groups = spiteful().groupby(["process", "comm"]).col(["samples"]).sum();
  assert.deepEqual(groups.toJSON({ format: "row" }), [
    { process: "x-y", comm: "io", samples_sum: 2 },
    { process: "x-y", comm: "z", samples_sum: 1 },
    { process: "x", comm: "y-z", samples_sum: 1 },
    { process: "c", comm: "a_b", samples_sum: 1 },
    { process: "b_c", comm: "a", samples_sum: 1 },
  ]);
  const mixed = spiteful().addColumn("key", [1, "1", 1, "1", 1]);
  assert.deepEqual(values(mixed.groupby("key").col(["samples"]).sum(), "key"), [1, "1"]);
});

test("3: keys of joins are not joined by '_'", () => {
  const owners = new DataFrame({ comm: ["a_b", "a"], process: ["c", "b_c"], owner: ["first", "second"] });
  const on = ["comm", "process"];
  for (const joined of [
    spiteful().merge(owners, { on }),
    dfd.merge({ left: spiteful(), right: owners, on, how: "inner" }),
  ]) {
    assert.deepEqual(values(joined, "owner"), ["first", "second"]);
    assert.deepEqual(values(joined, "tid"), [3, 4]);
  }
});

test("4: names of an object's members are names, and order stays", () => {
  const frame = spiteful();
  const roots = frame.addColumn(
    "root",
    Array.from(frame, ({ stack }) => stack.split(";")[0]),
  );
  const counted = roots.groupby("root").col(["samples"]).sum();
  assert.deepEqual(values(counted, "root"), ["main", "constructor", "__proto__", "toString", "a\tb"]);
  assert.deepEqual(values(counted, "samples_sum"), [2, 1, 1, 1, 1]);
  const other = new DataFrame({ root: ["toString", "constructor", "__proto__"], n: [3, 1, 2] });
  assert.deepEqual(values(roots.merge(other), "n"), [1, 2, 3]);
  assert.deepEqual(values(roots.valueCounts("root"), "rows"), [1, 1, 1, 1, 1]);
  assert.deepEqual(roots.root.valueCounts().values, [1, 1, 1, 1, 1]);
  assert.deepEqual(values(frame.groupby("tid").col(["samples"]).sum(), "tid"), [7, 8, 9, 3, 4]);
});

test("5: dates a millisecond apart are two groups, and join by time", () => {
  const at = [0, 1, 0, 1, 2].map((ms) => new Date(Date.UTC(2026, 0, 1) + ms));
  const frame = spiteful().addColumn("at", at);
  const groups = frame.groupby("at").col(["samples"]).sum();
  assert.deepEqual(values(groups, "at"), [at[0], at[1], at[4]]);
  assert.deepEqual(values(groups, "samples_sum"), [3, 2, 1]);
  assert.equal(frame.groupby("at").getGroup([new Date(at[0])]).shape[0], 2);
  assert.deepEqual(values(frame.merge(new DataFrame({ at: [new Date(at[1])], n: [5] })), "tid"), [8, 3]);
});

test("6: an unknown column is an error that names those there are", () => {
  const frame = spiteful();
  assert.throws(() => frame.groupby("nope"), /groupby: option "column" must be one of "pid", "tid"/);
  assert.throws(() => frame.merge(frame, { on: "nope" }), OptionError);
  assert.throws(() => frame.valueCounts("nope"), OptionError);
  assert.throws(() => frame.pivot({ index: "nope", columns: "comm", values: "samples" }), OptionError);
});

test("7: what is missing is left out of sums and means", () => {
  const frame = spiteful().addColumn("n", [1, null, 3, Number.NaN, undefined]);
  const result = frame.groupby("module").agg({ n: ["sum", "mean", "count", "max"] });
  assert.deepEqual(result.toJSON({ format: "row" }), [
    { module: "app", n_sum: 4, n_mean: 2, n_count: 2, n_max: 3 },
  ]);
  assert.deepEqual(values(frame.describe(), "n").slice(0, 2), [2, 2]);
});

test("8: text that looks like a number is text, and bigints are themselves", () => {
  const frame = spiteful();
  assert.equal(frame.dtypes[frame.columns.indexOf("leaf")], "string");
  const least = frame.groupby("end").agg({ leaf: ["min", "max"] });
  assert.deepEqual(values(least, "leaf_min"), ['"say" [x]']);
  assert.deepEqual(values(least, "leaf_max"), ["std::map<int, int>::at"]);
  const late = Array.from({ length: 40 }, (_, i) => (i < 30 ? "1" : "x"));
  assert.deepEqual(ColumnFrame.of({ late }).dtypes, ["string"]);
  const wide = frame.addColumn("id", [3n, 2n ** 62n, 1n, 2n, 5n]);
  assert.deepEqual(values(wide.groupby("end").agg({ id: "max" }), "id_max"), [2n ** 62n]);
});

test("9: sum() without col() sums what has numbers; max of text is the last in order", () => {
  const sums = spiteful().groupby("process").sum();
  assert.deepEqual(sums.columns, [
    "process",
    "pid_sum",
    "tid_sum",
    "depth_sum",
    "samples_sum",
    "time_ms_sum",
  ]);
  assert.deepEqual(values(spiteful().groupby("end").col(["comm"]).max(), "comm_max"), ["z"]);
});

test("10: empty frames go through every verb", async () => {
  const frame = spiteful();
  const none = frame.query(() => false);
  assert.deepEqual(none.groupby(["comm", "process"]).col(["samples"]).sum().shape, [0, 3]);
  assert.deepEqual(none.groupby("stack").agg({ samples: ["sum", "mean"], leaf: "max" }).shape, [0, 4]);
  for (const part of [
    none.head(),
    none.tail(),
    none.sortValues(["comm", "samples"]),
    none.query(none.samples.gt(1)),
    none.copy(),
    await none.sample(3),
    frame.head(0),
  ])
    assert.deepEqual(part.shape, [0, 12]);
  assert.deepEqual(none.merge(frame, { on: "tid" }).shape, [0, 23]);
  assert.deepEqual(frame.merge(none, { on: "tid", how: "left" }).shape, [5, 23]);
  assert.deepEqual(none.valueCounts("comm").shape, [0, 3]);
  assert.deepEqual(none.pivot({ index: "comm", columns: "kind", values: "samples" }).shape, [0, 1]);
  assert.equal(values(none.describe(), "samples")[0], 0);
  assert.deepEqual(Array.from(none), []);
  assert.equal(none.toCSV().split("\r\n").length, 2);
  assert.deepEqual(none.toJSON({ format: "row" }), []);
  assert.deepEqual(new ColumnFrame([]).shape, [0, 0]);
  assert.deepEqual(ColumnFrame.of({ a: [] }).shape, [0, 1]);
});

test("11: what comes of a frame is a frame of its kind", () => {
  const head = spiteful().head(1);
  assert.ok(head instanceof ProfileFrame && head instanceof DataFrame);
  assert.match(head.toCSV(), /^pid,tid,/);
  assert.equal(tree(head), "main 2\n  std::map<int, int>::at 2");
  const owners = new DataFrame({ comm: ["io", "z"], owner: ["us", "them"] });
  const joined = spiteful().join(owners, { on: "comm" });
  assert.ok(joined instanceof ProfileFrame);
  assert.equal(tree(joined.query((row) => row.tid === 8)), "constructor 1\n  0x7f001122 1");
});

test("12: it prints whole cells, control characters as escapes", () => {
  const text = inspect(spiteful().addColumn("long", new Array(5).fill("x".repeat(40))));
  assert.match(text, /a\\tb/);
  assert.match(inspect(spiteful().groupby("stack").sum()), /main;std::map<int, int>::at/);
});

test("13: a column may have the name of a member", () => {
  const frame = spiteful().addColumn("count", [1, 2, 3, 4, 5]).addColumn("values", [1, 1, 1, 1, 2]);
  assert.equal(typeof frame.count, "function");
  assert.deepEqual(frame.shape, [5, 14]);
  assert.deepEqual(values(frame.groupby("values").agg({ count: "sum" }), "count_sum"), [10, 5]);
});

test("14: typed arrays are columns", () => {
  for (const Typed of [Float64Array, Int32Array, Float32Array, Uint8Array, Uint32Array, Int16Array])
    assert.deepEqual(values(spiteful().addColumn("n", Typed.from([3, 1, 2, 1, 1])), "n"), [3, 1, 2, 1, 1]);
  assert.deepEqual(values(ColumnFrame.of({ n: BigInt64Array.from([3n, 1n]) }), "n"), [3n, 1n]);
});

test("15: NaN sorts last, and several columns sort", () => {
  const frame = spiteful().addColumn("n", [2, Number.NaN, 1, 2, 0]);
  assert.deepEqual(values(frame.sortValues("n"), "n"), [0, 1, 2, 2, Number.NaN]);
  assert.deepEqual(values(frame.sortValues("n", { ascending: false }), "n"), [2, 2, 1, 0, Number.NaN]);
  assert.deepEqual(
    values(frame.sortValues(["n", "tid"], { ascending: [true, false] }), "tid"),
    [4, 9, 7, 3, 8],
  );
});

test("16: arithmetic is of 64 bits", () => {
  const big = ColumnFrame.of({ ns: [16_777_217, 1e15 + 1] });
  assert.deepEqual(big.add(1).values, [[16_777_218], [1e15 + 2]]);
  assert.deepEqual(values(big.groupby("ns").agg({ ns: "sum" }), "ns_sum"), [16_777_217, 1e15 + 1]);
});

test("17: an assignment adds a column", () => {
  const frame = spiteful();
  frame["share"] = frame.samples.div(6);
  frame["mark"] = [true, false, true, false, true];
  frame["typed"] = new Float64Array(5);
  assert.deepEqual(frame.columns.slice(-3), ["share", "mark", "typed"]);
  assert.equal(frame.shape[1], 15);
  assert.deepEqual(values(frame.query(frame["mark"]), "tid"), [7, 9, 4]);
  assert.throws(() => {
    frame["short"] = [1];
  }, /column "short" needs 5 values, got 1/);
  assert.equal(tree(frame.head(1)), "main 2\n  std::map<int, int>::at 2");
});

test("18: lists in cells are compared by content, and printed as lists", () => {
  const lists = [["a,b"], ["a", "b"], ["a,b"], [], ["a", "b"]];
  const frame = spiteful().addColumn("path", lists);
  const groups = frame.groupby("path").col(["samples"]).sum();
  assert.deepEqual(values(groups, "path"), [["a,b"], ["a", "b"], []]);
  assert.deepEqual(values(groups, "samples_sum"), [3, 2, 1]);
  assert.match(inspect(groups), /\["a","b"\]/);
});
