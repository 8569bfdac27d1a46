import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Message } from "../../kernel/jupyter/message.js";
import { interruptOften, request } from "../helpers/interrupts.js";
import { KernelClient } from "../helpers/kernel-client.js";

let kernel: KernelClient;
before(async () => {
  kernel = await KernelClient.start();
});
after(() => kernel[Symbol.asyncDispose]());

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
