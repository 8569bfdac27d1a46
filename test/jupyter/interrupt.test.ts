import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { fileURLToPath } from "node:url";
import { overEachTransport } from "../helpers/each-transport.js";
import { contents, type KernelClient, printed, result } from "../helpers/kernel-client.js";

const LOOPS = {
  "a loop": "const before = 1; console.log('on'); while (true as boolean); const late = 1;",
  "a loop after await": "await null; console.log('on'); for (;;);",
  "a promise that never settles": "console.log('on'); await new Promise(() => {});",
  "a loop in a timer": "await new Promise(() => setTimeout(() => { console.log('on'); for (;;); }));",
  "a loop of microtasks": "console.log('on'); for (;;) await null;",
  "a loop that catches": "await null; console.log('on'); for (;;) { try { for (;;); } catch {} finally {} }",
  "a loop that prints": "for (;;) console.log('x'.repeat(1000));",
  "a loop in a display": "({ toHtml() { console.log('on'); for (;;); } })",
};

let kernel: KernelClient;

overEachTransport(
  async (started) => {
    kernel = started;
    await kernel.execute("let state = 41;");
  },
  () => {
    describe("an interrupt ends the cell, and variables survive", () => {
      for (const [name, code] of Object.entries(LOOPS)) {
        test(name, async () => {
          const id = kernel.sendExecute(code);
          await hasPrinted(id);
          const { reply: interruptReply } = await kernel.request("interrupt_request", {}, "control");
          assert.equal(interruptReply.status, "ok");
          const { reply, iopub } = await kernel.answer(id);
          assert.deepEqual([reply.status, reply.ename], ["error", "Interrupted"]);
          assert.equal(contents(iopub, "error").length, 1);
          assert.deepEqual(result((await kernel.execute("state + 1")).iopub), { "text/plain": "42" });
        });
      }

      test("what an interrupted cell reached is kept, and what it did not reach is not there", async () => {
        assert.deepEqual(result((await kernel.execute("before")).iopub), { "text/plain": "1" });
        assert.match(String((await kernel.execute("late")).reply.evalue), /Cannot find name 'late'/);
      });
    });

    test("an interrupt while nothing runs ends a busy timer", async () => {
      const id = kernel.sendExecute("setTimeout(() => { console.log('on'); for (;;); }, 50);");
      await kernel.answer(id);
      await hasPrinted(id);
      await kernel.request("interrupt_request", {}, "control");
      assert.deepEqual(result((await kernel.execute("state")).iopub), { "text/plain": "41" });
    });

    test("cells that wait are aborted with the interrupted one", async () => {
      const ids = ["console.log('on'); await new Promise(() => {});", "1"].map((code) =>
        kernel.sendExecute(code),
      );
      await hasPrinted(ids[0]);
      await kernel.request("interrupt_request", {}, "control");
      const answers = await Promise.all(ids.map((id) => kernel.answer(id)));
      assert.deepEqual(
        answers.map(({ reply }) => reply.status),
        ["error", "aborted"],
      );
    });

    test("completion, inspection and heartbeat do not wait for a busy cell", async () => {
      const id = kernel.sendExecute("console.log('on'); for (;;);");
      await hasPrinted(id);
      const started = performance.now();
      const { reply } = await kernel.request("complete_request", { code: "Math.a", cursor_pos: 6 });
      assert.ok((reply.matches as string[]).includes("abs"));
      await kernel.request("inspect_request", { code: "display", cursor_pos: 3, detail_level: 0 });
      await kernel.request("kernel_info_request");
      assert.ok(performance.now() - started < 2000);
      await kernel.request("interrupt_request", {}, "control");
      await kernel.answer(id);
    });

    describe("a handler", () => {
      const INTERRUPT = fileURLToPath(new URL("../../kernel/cells/interrupt.js", import.meta.url));
      const IMPORT = `import { onInterrupt } from "${INTERRUPT}";\n`;

      test("takes the interrupt, and the cell goes on", async () => {
        const id = kernel.sendExecute(
          `${IMPORT}const how = await new Promise((resolve) => { const off = onInterrupt(() => { off(); resolve("handled") }); console.log("on"); });
       console.log("went on"); how`,
          { user_expressions: { how: "how" } },
        );
        await hasPrinted(id);
        await kernel.request("interrupt_request", {}, "control");
        const { reply, iopub } = await kernel.answer(id);
        assert.equal(reply.status, "ok", JSON.stringify(reply));
        assert.equal(printed(iopub), "on\nwent on\n");
        assert.deepEqual(result(iopub), { "text/plain": "'handled'" });
        const data = { "text/plain": "'handled'" };
        assert.deepEqual(reply.user_expressions, { how: { status: "ok", data, metadata: {} } });
      });

      test("hears of the termination of a busy function that runs in its own task", async () => {
        const id = kernel.sendExecute(
          `${IMPORT}await new Promise((resolve) => {
         const off = onInterrupt(() => { off(); resolve("survived") });
         setImmediate(() => { console.log("on"); for (;;); });
       })`,
        );
        await hasPrinted(id);
        await kernel.request("interrupt_request", {}, "control");
        const { iopub } = await kernel.answer(id);
        assert.deepEqual(result(iopub), { "text/plain": "'survived'" });
      });

      test("that does nothing cannot keep the cell from the second interrupt", async () => {
        const id = kernel.sendExecute(
          `${IMPORT}const stop = onInterrupt(() => {}); console.log("on"); try { await new Promise(() => {}); } finally { stop(); }`,
        );
        await hasPrinted(id);
        await kernel.request("interrupt_request", {}, "control");
        await kernel.request("interrupt_request", {}, "control");
        const { reply } = await kernel.answer(id);
        assert.equal(reply.ename, "Interrupted");
      });
    });
  },
);

/** Waits until a cell says something, which it does when it is about to be interrupted. */
async function hasPrinted(id: string): Promise<void> {
  await kernel.until(() => printed(kernel.of(id)) !== "", "the cell to print");
}
