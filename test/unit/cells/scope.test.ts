import assert from "node:assert/strict";
import test from "node:test";
import { Scope } from "../../../kernel/cells/scope.js";

test("a linked name follows its module until a cell assigns it, and can be linked again", () => {
  const scope = new Scope();
  let value = 1;
  scope.link("name", () => value);
  value = 2;
  assert.equal(scope.exports.name, 2);
  scope.exports.name = "own";
  assert.equal(scope.exports.name, "own");
  scope.link("name", () => value);
  assert.equal(scope.exports.name, 2);
});

test("a global is asked at its first use and can be hidden", () => {
  let loads = 0;
  const scope = new Scope({
    get lazy() {
      loads++;
      return "value";
    },
  });
  assert.equal(loads, 0);
  assert.equal(scope.exports.lazy, "value");
  scope.exports.lazy = null;
  assert.equal(scope.exports.lazy, null);
  assert.equal(loads, 1);
});
