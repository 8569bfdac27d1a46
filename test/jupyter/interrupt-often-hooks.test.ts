import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { interruptOften } from "../helpers/interrupts.js";
import { KernelClient, result } from "../helpers/kernel-client.js";

const SAY = 'console.log("on");';
const pause = (ms: number) => `await new Promise((done) => setTimeout(done, ${ms}));`;

/** Where Node follows promises, and would end a process in which one began and never came to its end. */
const KINDS = {
  "a loop after await": `await storage.run(1, async () => { ${pause(5)} ${SAY} for (;;); });`,
  "a loop in a microtask": `await storage.run(2, async () => { await null; ${SAY} for (;;); });`,
  "a loop in a timer": `storage.run(3, () => setTimeout(() => { ${SAY} for (;;); })); await new Promise(() => {});`,
  "a loop in a promise's then": `await storage.run(4, () => Promise.resolve().then(() => { ${SAY} for (;;); }));`,
  "a promise that never settles": `${SAY} await storage.run(5, () => new Promise(() => {}));`,
};

let kernel: KernelClient;
before(async () => {
  kernel = await KernelClient.start();
  await kernel.execute(`
    import { AsyncLocalStorage } from "node:async_hooks";
    const storage = new AsyncLocalStorage<number>();
    storage.enterWith(0);`);
});
after(() => kernel[Symbol.asyncDispose]());

describe("interrupted 20 times in a row with an AsyncLocalStorage, the variables survive", () => {
  for (const [name, code] of Object.entries(KINDS)) {
    test(name, () => interruptOften(kernel, code));
  }

  test("which then still knows what belongs where", async () => {
    const code = `await Promise.all([6, 7].map((n) => storage.run(n, async () => { ${pause(1)} return storage.getStore(); })))`;
    assert.equal(result((await kernel.execute(code)).iopub)?.["text/plain"], "[ 6, 7 ]");
  });
});
