import { after, before, describe, test } from "node:test";
import { interruptOften } from "../helpers/interrupts.js";
import { KernelClient } from "../helpers/kernel-client.js";

const SAY = 'console.log("on");';

/** What goes on after an `await` or in a callback, also after the cell. */
const KINDS = {
  "a loop after await": `await new Promise((done) => setTimeout(done, 5)); ${SAY} for (;;);`,
  "a promise that never settles": `${SAY} await new Promise(() => {});`,
  "a loop in a timer": `await new Promise(() => setTimeout(() => { ${SAY} for (;;); }));`,
  microtasks: `${SAY} for (;;) await null;`,
  "microtasks of many functions": `${SAY} for (let i = 0; i < 100; i++) void (async () => { for (;;) await null; })(); await null; for (;;) await null;`,
  "process.nextTick for ever": `${SAY} const next = () => process.nextTick(next); next(); await new Promise(() => {});`,
};

let kernel: KernelClient;
before(async () => {
  kernel = await KernelClient.start();
});
after(() => kernel[Symbol.asyncDispose]());

describe("interrupted 20 times in a row, the variables survive", () => {
  for (const [name, code] of Object.entries(KINDS)) {
    test(name, () => interruptOften(kernel, code));
  }
});

test("a timer that loops when its cell has ended", () =>
  interruptOften(kernel, `setTimeout(() => { ${SAY} for (;;); });`, { status: "ok" }));
