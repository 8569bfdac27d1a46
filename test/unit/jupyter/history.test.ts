import assert from "node:assert/strict";
import test from "node:test";
import { History } from "../../../kernel/jupyter/history.js";

function history(...inputs: string[]): History {
  const filled = new History();
  inputs.forEach((input, i) => {
    filled.add(i + 1, input);
  });
  return filled;
}

test("tail gives the last cells, oldest first", () => {
  assert.deepEqual(history("a", "b", "c").tail(2), [
    [1, 2, "b"],
    [1, 3, "c"],
  ]);
  assert.deepEqual(history("a").tail(0), []);
});

test("range excludes its end and knows this session only", () => {
  const cells = history("a", "b", "c");
  assert.deepEqual(
    cells.range(0, 1, 3).map(([, line]) => line),
    [1, 2],
  );
  assert.deepEqual(cells.range(7, 1, 3), []);
});

test("search matches whole cells by * and ?, and can drop repetitions", () => {
  const cells = history("f(1)", "f(2)", "f(1)", "a\nb", "f");
  assert.equal(cells.search("f(?)", 10, false).length, 3);
  assert.equal(cells.search("f(?)", 10, true).length, 2);
  assert.equal(cells.search("a*b", 10, false).length, 1);
  assert.deepEqual(cells.search("f*", 1, false), [[1, 5, "f"]]);
});
