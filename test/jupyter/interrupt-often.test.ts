import { after, before, describe, test } from "node:test";
import { interruptOften, request } from "../helpers/interrupts.js";
import { KernelClient } from "../helpers/kernel-client.js";

const SAY = 'console.log("on");';

/** What JavaScript keeps busy. */
const KINDS = {
  "a loop": `${SAY} for (;;);`,
  "a loop that catches": `${SAY} await null; for (;;) { try { for (;;); } catch {} finally { for (;;); } }`,
  "a promise's finally": `${SAY} await Promise.reject(1).finally(() => { for (;;); }).catch(() => {});`,
  "a regular expression": `${SAY} /^(a+)+$/.test("a".repeat(50) + "b");`,
  "a comparison in a sort": `${SAY} [2, 1].sort(() => { for (;;); });`,
  "a display": `({ toHtml() { ${SAY} for (;;); } })`,
  "a module": `${SAY} require("node:vm").runInThisContext("for (;;);");`,
  output: `for (;;) console.log("on", "x".repeat(1000));`,
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

test("twice at once", () =>
  interruptOften(kernel, `${SAY} for (;;);`, {
    interrupt: async (kernel) => void (await Promise.all([request(kernel), request(kernel)])),
  }));

test("by SIGINT", () =>
  interruptOften(kernel, `${SAY} for (;;);`, {
    interrupt: async (kernel) => void kernel.process.kill("SIGINT"),
  }));
