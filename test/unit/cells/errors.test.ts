import assert from "node:assert/strict";
import test from "node:test";
import { errorText } from "../../../kernel/cells/errors.js";

test("of an error that this package throws, no frame of Node is shown", () => {
  const own = new URL("../../../kernel/index.js", import.meta.url).href;
  const frames = ["async node:net:2:1", "node:net:3:1", "new Socket (node:net:4:1)", "f (In[1]:1:1)"];
  const stacked = (top: string) => {
    const stack = ["Error: said", ...[top, ...frames].map((frame) => `    at ${frame}`)].join("\n");
    return errorText(Object.assign(new Error("said"), { stack }), false).split("\n");
  };
  assert.deepEqual(stacked(`own (${own}:1:1)`), ["Error: said", "    at f (In[1]:1:1)"]);
  assert.equal(stacked("user (/home/x.js:1:1)").length, 6);
});
