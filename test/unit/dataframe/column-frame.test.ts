import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { inspect } from "node:util";
import { ColumnFrame } from "../../../kernel/dataframe/column-frame.js";
import { dfd } from "../../../kernel/dataframe/danfojs/index.js";
import { OptionError } from "../../../kernel/dataframe/option-error.js";

const people = () =>
  ColumnFrame.of({
    name: ["ada", "bob", "cid", "dan"],
    team: ["x", "y", "x", "y"],
    age: [36, 20, 36, 41],
    score: [1.5, 2, 0.5, Number.NaN],
  });

test("a frame is a DataFrame of danfojs and knows its shape", () => {
  const frame = people();
  assert.ok(frame instanceof dfd.DataFrame);
  assert.deepEqual(frame.shape, [4, 4]);
  assert.deepEqual(frame.columns, ["name", "team", "age", "score"]);
  assert.deepEqual(frame.dtypes, ["string", "string", "int32", "float32"]);
  assert.deepEqual(frame.values[0], ["ada", "x", 36, 1.5]);
});

test("head and tail never throw, whatever their length", () => {
  assert.deepEqual(people().head(2).column("name").values, ["ada", "bob"]);
  assert.deepEqual(people().tail(1).column("name").values, ["dan"]);
  assert.deepEqual(people().head(100).shape, [4, 4]);
  assert.deepEqual(people().tail(0).shape, [0, 4]);
});

test("query takes a Series, booleans, or a function of a row", () => {
  const frame = people();
  const names = (part: ColumnFrame) => part.column("name").values;
  assert.deepEqual(names(frame.query(frame.age.gt(30))), ["ada", "cid", "dan"]);
  assert.deepEqual(names(frame.query(frame.age.gt(30).and(frame.team.eq("x")))), ["ada", "cid"]);
  assert.deepEqual(names(frame.query([false, true, false, true])), ["bob", "dan"]);
  assert.deepEqual(names(frame.query((row) => row.team === "y" && row.age > 30)), ["dan"]);
  // Of a filtered frame: danfojs takes labels for positions here.
  const some = frame.query(frame.team.eq("y"));
  assert.deepEqual(names(some.query(some.age.lt(30))), ["bob"]);
  assert.deepEqual(some.index, [1, 3]);
});

test("query says what is wrong with a condition", () => {
  const frame = people();
  assert.throws(() => frame.query([true]), /1 values, the frame has 4 rows/);
  assert.throws(() => frame.query(frame.age), /neither true nor false/);
  assert.throws(() => frame.query("age > 3" as never), /must be booleans/);
});

test("sortValues sorts by several columns, is stable, and puts what is missing last", () => {
  const names = (part: ColumnFrame) => part.column("name").values;
  assert.deepEqual(names(people().sortValues("age")), ["bob", "ada", "cid", "dan"]);
  assert.deepEqual(names(people().sortValues("age", { ascending: false })), ["dan", "ada", "cid", "bob"]);
  assert.deepEqual(names(people().sortValues(["team", "age"], { ascending: [false, true] })), [
    "bob",
    "dan",
    "ada",
    "cid",
  ]);
  assert.deepEqual(names(people().sortValues("score")), ["cid", "ada", "bob", "dan"]);
  assert.deepEqual(names(people().sortValues("score", { ascending: false })), ["bob", "ada", "cid", "dan"]);
  assert.throws(() => people().sortValues("nope"), OptionError);
  assert.throws(() => people().sortValues(["age"], { ascending: [true, false] }), OptionError);
  const frame = people();
  frame.sortValues("age", { inplace: true });
  assert.deepEqual(names(frame), ["bob", "ada", "cid", "dan"]);
});

test("columns can be set and added, and keep the frame in step", () => {
  const frame = people();
  frame.age = [1, 2, 3, 4];
  assert.deepEqual(frame.age.values, [1, 2, 3, 4]);
  assert.deepEqual(frame.values[3], ["dan", "y", 4, Number.NaN]);
  assert.throws(() => {
    frame.age = [1];
  }, /needs 4 values, got 1/);
  const wider = frame.addColumn("double", frame.age.mul(2));
  assert.deepEqual(wider.double.values, [2, 4, 6, 8]);
  frame.addColumn("double", [0, 0, 1, 1], { inplace: true, atIndex: 0 });
  assert.deepEqual(frame.columns, ["double", "name", "team", "age", "score"]);
  assert.deepEqual(frame.query(frame.double.eq(1)).shape, [2, 5]);
});

test("a column may have the name of a member, which stays a member", () => {
  const frame = ColumnFrame.of(
    JSON.parse('{"count": [1, 2], "shape": [3, 4], "values": [5, 6], "__proto__": [7, 8]}'),
  );
  assert.deepEqual(frame.shape, [2, 4]);
  assert.equal(typeof frame.count, "function");
  assert.deepEqual(frame.column("count").values, [1, 2]);
  assert.deepEqual(frame.column("__proto__").values, [7, 8]);
  assert.match(frame.toCSV(), /^count,shape,values,__proto__\r\n1,3,5,7\r\n/);
});

test("CSV is RFC 4180", () => {
  const frame = ColumnFrame.of({
    'a,"b"': ["std::map<int, int>", 'say "hi"', "two\nlines", ""],
    n: [1, Number.NaN, 2.5, -0],
  });
  assert.equal(
    frame.toCSV(),
    '"a,""b""",n\r\n"std::map<int, int>",1\r\n"say ""hi""",\r\n"two\nlines",2.5\r\n,0\r\n',
  );
  assert.equal(frame.head(1).toCSV({ header: false, sep: ";" }), "std::map<int, int>;1\r\n");
  const file = join(mkdtempSync(join(tmpdir(), "frame-")), "out.csv");
  frame.toCSV({ filePath: file });
  assert.equal(readFileSync(file, "utf8"), frame.toCSV());
});

test("JSON has columns or rows, and JSON.stringify works", () => {
  const frame = people().head(1);
  assert.deepEqual(frame.toJSON(), { name: ["ada"], team: ["x"], age: [36], score: [1.5] });
  assert.deepEqual(frame.toJSON({ format: "row" }), [{ name: "ada", team: "x", age: 36, score: 1.5 }]);
  assert.equal(JSON.stringify({ frame }), '{"frame":{"name":["ada"],"team":["x"],"age":[36],"score":[1.5]}}');
});

test("a frame without rows works everywhere", () => {
  const none = people().query(() => false);
  assert.deepEqual(none.shape, [0, 4]);
  assert.deepEqual(none.groupby(["team"]).col(["age"]).sum().shape, [0, 2]);
  assert.deepEqual(none.sortValues(["age", "name"]).shape, [0, 4]);
  assert.deepEqual(none.query(none.age.gt(1)).shape, [0, 4]);
  assert.equal(none.toCSV(), "name,team,age,score\r\n");
  assert.match(String(none), /0 rows × 4 columns/);
  assert.deepEqual(new ColumnFrame([]).shape, [0, 0]);
  assert.match(inspect(new ColumnFrame([])), /0 rows/);
});

test("what is not overridden is danfojs's own", async () => {
  const frame = people();
  assert.deepEqual(frame.drop({ columns: ["score"] }).columns, ["name", "team", "age"]);
  assert.deepEqual(frame.iloc({ rows: [0, 2], columns: [0] }).values, [["ada"], ["cid"]]);
  assert.deepEqual(frame.loc({ columns: ["age"] }).shape, [4, 1]);
  assert.equal(frame.rename({ age: "years" }).columns[2], "years");
  assert.equal(frame.age.mean(), 33.25);
  assert.equal((await frame.sample(2)).shape[0], 2);
  const merged = dfd.merge({
    left: frame,
    right: new dfd.DataFrame({ team: ["x"], colour: ["red"] }),
    on: ["team"],
    how: "inner",
  });
  assert.deepEqual(merged.shape, [2, 5]);
  frame.drop({ columns: ["score"], inplace: true });
  assert.deepEqual(frame.shape, [4, 3]);
  assert.deepEqual(frame.groupby("team").col(["age"]).max().age_max.values, [36, 41]);
});
