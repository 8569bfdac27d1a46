import { after, before, describe, test } from "node:test";
import { interruptOften } from "../helpers/interrupts.js";
import { KernelClient } from "../helpers/kernel-client.js";

/** What waits for the user. */
const KINDS = {
  "prompt()": 'await prompt("Name?")',
  "prompt() that a cell tidies up after": 'try { await prompt("Name?") } finally { await null }',
  "two questions at once": 'await Promise.all([prompt("a"), prompt("b")])',
};

let kernel: KernelClient;
before(async () => {
  kernel = await KernelClient.start();
});
after(() => kernel[Symbol.asyncDispose]());

describe("interrupted 20 times in a row, the variables survive", () => {
  for (const [name, code] of Object.entries(KINDS)) {
    test(name, () =>
      interruptOften(kernel, code, {
        options: { allow_stdin: true },
        isDue: ([first]) => kernel.asked.some(({ parent }) => parent.msg_id === first?.parent.msg_id),
      }),
    );
  }
});
