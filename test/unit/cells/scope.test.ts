import assert from "node:assert/strict";
import test from "node:test";
import { Scope } from "../../../kernel/cells/scope.js";

test("an imported name, defined by a getter, can be assigned by a later cell", () => {
  const { exports } = new Scope();
  Object.defineProperty(exports, "name", { enumerable: true, get: () => 1 });
  assert.equal(exports.name, 1);
  exports.name = 2;
  assert.equal(exports.name, 2);
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

test("take removes, and unassigned lists what was never reached", () => {
  const scope = new Scope();
  scope.exports.last = 5;
  scope.exports.missed = undefined;
  assert.equal(scope.take("last"), 5);
  assert.equal(scope.exports.last, undefined);
  assert.deepEqual(scope.unassigned(), ["missed"]);
});
