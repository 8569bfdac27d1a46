import { after, before, test } from "node:test";
import { interruptEach, interruptOften, request } from "../helpers/interrupts.js";
import { KernelClient } from "../helpers/kernel-client.js";

const SAY = 'console.log("on");';

/** Loops. */
const KINDS = {
  "a loop": `${SAY} for (;;);`,
  "a loop that catches": `${SAY} await null; for (;;) { try { for (;;); } catch {} finally { for (;;); } }`,
  "a promise's finally": `${SAY} await Promise.reject(1).finally(() => { for (;;); }).catch(() => {});`,
  output: `for (;;) console.log("on", "x".repeat(1000));`,
};

interruptEach(KINDS);

let kernel: KernelClient;
before(async () => {
  kernel = await KernelClient.start();
});
after(() => kernel[Symbol.asyncDispose]());

test("twice at once", () =>
  interruptOften(kernel, `${SAY} for (;;);`, {
    interrupt: async (kernel) => void (await Promise.all([request(kernel), request(kernel)])),
  }));

test("by SIGINT", () =>
  interruptOften(kernel, `${SAY} for (;;);`, {
    interrupt: async (kernel) => void kernel.process.kill("SIGINT"),
  }));
