import { after, before, test } from "node:test";
import { interruptOften } from "../helpers/interrupts.js";
import { contents, KernelClient } from "../helpers/kernel-client.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";

ownRuntimeDirectory();

let kernel: KernelClient;
before(async () => {
  kernel = await KernelClient.start();
});
after(() => kernel[Symbol.asyncDispose]());

/** Fails unless the frame says that it was interrupted. */
const CHECK = "if (frame.meta.interrupted !== true) throw new Error('not interrupted');";

for (const [name, call] of Object.entries({
  "profile() for a duration": 'profile("600s")',
  "profile() of a busy function": 'profile(() => { console.log("on"); for (;;); })',
})) {
  const isBusy = call.includes("for");
  test(`${name}, interrupted 20 times in a row, returns what was sampled`, () =>
    interruptOften(kernel, `{ const frame = await ${call}; ${CHECK} }`, {
      status: "ok",
      isDue: (iopub) => contents(iopub, isBusy ? "stream" : "display_data").length > 0, // or its progress
    }));
}
