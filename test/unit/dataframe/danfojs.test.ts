import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";
import { dfd } from "../../../kernel/dataframe/danfojs/index.js";
import { jupyterDisplay, type MimeBundle } from "../../../kernel/display/mime.js";

const frame = () =>
  new dfd.DataFrame(
    [
      [1, "a\tb"],
      [2, "<img src=x onerror=alert(1)>"],
    ],
    { columns: ["n", "text"] },
  );

test("arithmetic is exact beyond float32", () => {
  const big = new dfd.DataFrame([[16777217, 1e15]], { columns: ["a", "b"] });
  assert.deepEqual(big.add(1).values, [[16777218, 1000000000000001]]);
  assert.deepEqual(big.gt(16777217).values, [[false, true]]);
  assert.deepEqual(big.sub(big).values, [[0, 0]]);
  assert.deepEqual(new dfd.DataFrame([[-7, 7]], { columns: ["a", "b"] }).mod(3).values, [[2, 1]]);
});

test("derived frames are DataFrames too", () => {
  assert.ok(frame().head(1) instanceof dfd.DataFrame);
  assert.equal(frame().head(1).toCSV(), "n,text\n1,a\tb\n");
});

test("statistics are mathjs's", () => {
  const numbers = new dfd.Series([1, 2, 3, 4, 4]);
  assert.equal(numbers.mean(), 2.8);
  assert.equal(numbers.median(), 3);
  assert.equal(numbers.var().toFixed(4), "1.7000");
  assert.deepEqual(numbers.mode(), [4]);
});

test("sample draws distinct rows, the same for the same seed", async () => {
  const wide = new dfd.DataFrame(
    Array.from({ length: 50 }, (_, i) => [i]),
    { columns: ["i"] },
  );
  const drawn = (await wide.sample(10, { seed: 7 })).values.flat();
  assert.equal(new Set(drawn).size, 10);
  assert.deepEqual(drawn, (await wide.sample(10, { seed: 7 })).values.flat());
});

test("scalers work without TensorFlow", () => {
  const scaled = new dfd.MinMaxScaler().fitTransform(new dfd.DataFrame([[0], [5], [10]], { columns: ["a"] }));
  assert.deepEqual(scaled.values, [[0], [0.5], [1]]);
});

test("what was left out says so", async () => {
  await assert.rejects(async () => dfd.readExcel("book.xlsx"), /Excel files are not part of this build/);
  await assert.rejects(
    async () => dfd.readCSV("https://example.org/x.csv"),
    /readCSV\(\) of remote files is not part of this build/,
  );
});

test("a frame shows itself: whole cells, control characters as escapes, names as text", () => {
  assert.match(inspect(frame()), /0 {2}1 {2}a\\tb\n/);
  assert.equal(String(frame()), inspect(frame()));
  const bundle = (frame() as unknown as Record<symbol, () => MimeBundle>)[jupyterDisplay]();
  assert.match(String(bundle["text/html"]), /&#60;img src=x onerror=alert\(1\)&#62;/);
  assert.doesNotMatch(String(bundle["text/html"]), /<img|<style|<script/);
  const long = "x".repeat(500);
  assert.ok(inspect(new dfd.DataFrame([[long]], { columns: ["a"] })).includes(long));
  assert.match(inspect(new dfd.Series(["a\u001bb"])), /a\\x1bb/);
});
