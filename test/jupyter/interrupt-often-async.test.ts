import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Message } from "../../kernel/jupyter/message.js";
import { interruptOften, request } from "../helpers/interrupts.js";
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

test("when no cell runs", () =>
  interruptOften(kernel, `1`, { status: "ok", isDue: (iopub) => iopub.some(isIdle) }));

test("while it ends by itself", async () => {
  // Whether it is interrupted is a matter of luck; that the next cell is not, is none.
  for (let round = 0; round < 100; round++) {
    const id = kernel.sendExecute(
      "const until = Date.now() + 190 + 20 * Math.random(); while (Date.now() < until);",
    );
    await request(kernel);
    await kernel.answer(id);
    assert.equal((await kernel.execute("1")).reply.status, "ok", `round ${round}`);
  }
});

function isIdle({ content }: Message): boolean {
  return content.execution_state === "idle";
}
