import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";
import { jupyterDisplay } from "../../../kernel/display/mime.js";
import { mimeBundle, toMimeBundle } from "../../../kernel/display/mime-bundle.js";

const throws = (): never => {
  throw new RangeError("on purpose");
};

/** Text of a value's bundle, which is bounded whatever the value is. */
async function text(value: unknown): Promise<string> {
  const bundle = await toMimeBundle(value);
  const found = bundle["text/plain"];
  assert.equal(typeof found, "string");
  assert.ok(JSON.stringify(bundle).length < 1_000_000, `${JSON.stringify(bundle).length} characters`);
  return found as string;
}

test("getters that throw", async () => {
  const value = {
    good: 1,
    get bad() {
      return throws();
    },
    get toHtml() {
      return throws();
    },
    get [jupyterDisplay]() {
      return throws();
    },
  };
  assert.match(await text(value), /good: 1/);
});

test("proxies: of frames, revoked, that throw, that answer everything", async () => {
  assert.match(await text(new Proxy({ a: 1 }, {})), /a: 1/);
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  assert.match(await text(proxy), /Revoked/);
  assert.match(await text(new Proxy({ a: 1 }, { get: throws, has: throws, ownKeys: throws })), /a: 1/);
  assert.match(await text(new Proxy({ a: 1 }, { get: () => () => "x" })), /a: 1/);
});

test("methods that describe a value and throw", async () => {
  assert.match(await text({ [inspect.custom]: throws }), /^\[Object, which cannot be shown: on purpose\]$/);
  assert.match(await text({ toString: throws, a: 1 }), /a: 1/);
  assert.ok((await text(Object.create({}, { constructor: { get: throws } }))).length > 0);
  const error = new Error("x");
  Object.defineProperty(error, "stack", { get: throws });
  assert.ok((await text(error)).length > 0);
});

test("what is huge is cut, and says so", async () => {
  assert.match(await text("x".repeat(50_000_000)), /more characters/);
  assert.match(await text(Array.from({ length: 1_000_000 }, (_, i) => i)), /999900 more items/);
  assert.match(await text(new Float64Array(1_000_000)), /999980 more items/);
  assert.match(await text(new ArrayBuffer(10_000_000)), /more bytes/);
  assert.match(await text(new Map(Array.from({ length: 100_000 }, (_, i) => [i, i]))), /more items/);
  const wide = Object.fromEntries(Array.from({ length: 300_000 }, (_, i) => [`key${i}`, i]));
  assert.match(await text(wide), /key0: 0[\s\S]*299,900 more properties$/);
  const strings = Array.from({ length: 100 }, () => "y".repeat(90_000));
  assert.match(await text(strings), /more characters/);
});

test("what is deep or circular is cut", async () => {
  let deep: unknown = 0;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  assert.match(await text(deep), /\[Array\]/);
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  assert.match(await text(circle), /Circular/);
});

test("a bundle is JSON, whatever its method gives", () => {
  const bundle = mimeBundle({
    [jupyterDisplay]: () => ({
      "application/json": { big: 1n, nan: Number.NaN, f() {}, typed: new Int16Array([1, 2]) },
      "text/html": { toString: () => "<b>" },
      "text/latex": { toString: throws },
      "image/png": new Uint8Array([1]),
      "text/x-none": undefined,
    }),
  });
  assert.deepEqual(JSON.parse(JSON.stringify(bundle)), {
    "application/json": { big: 1, nan: null, typed: [1, 2] },
    "text/html": "<b>",
    "text/latex": "{ toString: [Function: throws] }",
    "image/png": "AQ==",
    "text/plain": "[Object]",
  });
});

test("something that looks like a frame and is none is text", async () => {
  const shape = { $data: 1, columns: ["a"], index: [0], shape: [1, 1] };
  const odd = Object.defineProperty({ ...shape }, "values", { get: throws, enumerable: true });
  assert.match(await text(odd), /columns/);
  assert.match(
    await text({ numRows: 1, schema: { fields: [{ name: "a" }] }, getChildAt: throws }),
    /numRows/,
  );
});
