import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { compilerOf } from "../helpers/compiler-pid.js";
import { interruptOften, request } from "../helpers/interrupts.js";
import { contents, KernelClient, printed, result } from "../helpers/kernel-client.js";
import { cellPid, kernelEnded } from "../helpers/kernel-end.js";
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

test("an interrupt of a cell that waits for what the last one declared leaves the next death to be told", async () => {
  await using kernel = await KernelClient.start();
  const pid = await cellPid(kernel);
  const last = kernel.sendExecute(
    'process.on("SIGUSR2", () => process.exit(3)); console.log("on"); await new Promise((next) => setTimeout(next, 500));',
  );
  await kernel.until(() => printed(kernel.of(last)) !== "", "the cell");
  process.kill(compilerOf(kernel.process.pid!), "SIGSTOP"); // the interrupt kills it
  await kernel.answer(last);
  const id = kernel.sendExecute("1");
  await kernel.until(() => contents(kernel.of(id), "execute_input").length > 0, "the next cell");
  await request(kernel);
  assert.equal((await kernel.answer(id)).reply.ename, "Interrupted");
  process.kill(pid, "SIGUSR2");
  await kernelEnded(kernel, 3);
  assert.match(printed(kernel.of(id), "stderr"), /process\.exit\(3\)/);
});

test("a question about a name is interrupted, and ends with the process of the cells, as other cells", async () => {
  await using kernel = await KernelClient.start();
  const pid = await cellPid(kernel);
  await kernel.execute('process.on("SIGUSR2", () => process.exit(3)); let asked = 1;');
  await kernel.request("complete_request", { code: "aske", cursor_pos: 4 });
  process.kill(compilerOf(kernel.process.pid!), "SIGSTOP");
  const first = kernel.sendExecute("asked?");
  await kernel.until(() => contents(kernel.of(first), "execute_input").length > 0, "the question");
  await request(kernel);
  const { reply, iopub } = await kernel.answer(first);
  assert.deepEqual([reply.status, reply.ename], ["error", "Interrupted"]);
  assert.equal(contents(iopub, "error").length, 1);
  assert.deepEqual(result((await kernel.execute("asked + 1")).iopub), { "text/plain": "2" });
  await kernel.request("complete_request", { code: "aske", cursor_pos: 4 });
  process.kill(compilerOf(kernel.process.pid!), "SIGSTOP");
  const second = kernel.sendExecute("asked?");
  await kernel.until(() => contents(kernel.of(second), "execute_input").length > 0, "the question");
  process.kill(pid, "SIGUSR2");
  const answer = await kernel.answer(second);
  assert.equal(answer.reply.ename, "ProcessExit");
  assert.equal(contents(answer.iopub, "error")[0].ename, "ProcessExit");
  await kernelEnded(kernel, 3);
});
