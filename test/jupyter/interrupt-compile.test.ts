import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { interruptOften } from "../helpers/interrupts.js";
import { contents, KernelClient, result } from "../helpers/kernel-client.js";
import { SLOW_TYPES } from "../helpers/slow-types.js";

let kernel: KernelClient;
before(async () => {
  kernel = await KernelClient.start();
});
after(() => kernel[Symbol.asyncDispose]());

test("a long compilation, interrupted 20 times in a row: the variables and their types survive", async () => {
  await kernel.execute("const before: string = 'kept';");
  await interruptOften(kernel, SLOW_TYPES, { isDue: (iopub) => contents(iopub, "execute_input").length > 0 });
  assert.deepEqual(result((await kernel.execute("before.length")).iopub), { "text/plain": "4" });
  assert.match(
    String((await kernel.execute("before.nothing")).reply.evalue),
    /Property 'nothing' does not exist/,
  );
});

test("the compiler's death: the cell says so, and the next one knows what was declared", async () => {
  await kernel.execute("const alive = 1;");
  await kernel.request("complete_request", { code: "aliv", cursor_pos: 4 }); // after this the compiler has only the next cell to do
  const id = kernel.sendExecute(SLOW_TYPES);
  await kernel.until(() => contents(kernel.of(id), "execute_input").length > 0, "the compilation");
  process.kill(compilerOf(kernel.process.pid!), "SIGKILL");
  const { reply } = await kernel.answer(id);
  assert.equal(reply.ename, "CompilerError");
  assert.match(String(reply.evalue), /the compiler ended \(SIGKILL\) and was started again/);
  assert.deepEqual(result((await kernel.execute("alive + 1")).iopub), { "text/plain": "2" });
});

/** The child of the kernel that is a compiler. */
function compilerOf(kernel: number): number {
  const children = readdirSync(`/proc/${kernel}/task`).flatMap((thread) =>
    readFileSync(`/proc/${kernel}/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
  );
  const found = children.find((pid) => {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return /compiler/.test(command) && !command.includes("--build-snapshot"); // which another child may be at
  });
  assert.ok(found, "a compiler");
  return Number(found);
}
