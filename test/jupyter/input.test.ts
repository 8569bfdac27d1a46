import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";
import { KernelClient, printed, result } from "../helpers/kernel-client.js";

for (const transport of ["tcp", "ipc"] as const) {
  describe(`prompt() over ${transport}`, () => {
    let kernel: KernelClient;
    before(async () => {
      kernel = await KernelClient.start({ transport });
    });
    after(() => kernel[Symbol.asyncDispose]());

    /** Waits for the question that comes after the `count` before it. */
    const question = async (count: number) => {
      await kernel.until(() => kernel.asked.length > count, "a question");
      return kernel.asked[count];
    };

    test("asks who runs the cell, and the answer is the value", async () => {
      const count = kernel.asked.length;
      const id = kernel.sendExecute('console.log("before"); await prompt("Name? ")', { allow_stdin: true });
      const { header, parent, content } = await question(count);
      assert.deepEqual([header.msg_type, parent.msg_id], ["input_request", id]);
      assert.deepEqual(content, { prompt: "Name? ", password: false });
      await kernel.until(() => printed(kernel.of(id)) === "before\n", "what was printed before");
      kernel.send("input_reply", { value: "Ada", status: "ok" }, "stdin", { parent: header });
      const { iopub } = await kernel.answer(id);
      assert.equal(result(iopub)?.["text/plain"], "'Ada'");
    });

    test("a password is asked as one, and a reply that names no request is taken", async () => {
      const count = kernel.asked.length;
      const id = kernel.sendExecute('(await prompt("Key", { password: true })).length', {
        allow_stdin: true,
      });
      assert.deepEqual((await question(count)).content, { prompt: "Key", password: true });
      kernel.send("input_reply", { value: "secret" }, "stdin");
      assert.equal(result((await kernel.answer(id)).iopub)?.["text/plain"], "6");
    });

    test("two questions at once are asked one after the other", async () => {
      const count = kernel.asked.length;
      const id = kernel.sendExecute('await Promise.all([prompt("a"), prompt("b")])', { allow_stdin: true });
      for (const [i, text] of ["a", "b"].entries()) {
        const { content, header } = await question(count + i);
        assert.equal(content.prompt, text);
        assert.equal(kernel.asked.length, count + i + 1);
        kernel.send("input_reply", { value: text.toUpperCase() }, "stdin", { parent: header });
      }
      assert.equal(result((await kernel.answer(id)).iopub)?.["text/plain"], "[ 'A', 'B' ]");
    });

    test("a client that takes no input is told so, at once", async () => {
      const { reply } = await kernel.execute('await prompt("?")', { allow_stdin: false });
      assert.equal(reply.status, "error");
      assert.match(String(reply.evalue), /prompt\(\): this client takes no input \(allow_stdin is false\)/);
    });

    test("an interrupt ends the waiting; a late answer is nobody's", async () => {
      const count = kernel.asked.length;
      const id = kernel.sendExecute(
        'let tidied = false; try { await prompt("?") } finally { tidied = true }',
        { allow_stdin: true },
      );
      const { header } = await question(count);
      await kernel.request("interrupt_request", {}, "control");
      const { reply } = await kernel.answer(id);
      assert.deepEqual([reply.status, reply.ename], ["error", "Interrupted"]);
      kernel.send("input_reply", { value: "late" }, "stdin", { parent: header });
      const again = kernel.sendExecute('[tidied, await prompt("again")]', { allow_stdin: true });
      const next = await question(count + 1);
      kernel.send("input_reply", { value: "late too" }, "stdin", { parent: header });
      kernel.send("input_reply", { value: "right" }, "stdin", { parent: next.header });
      assert.equal(result((await kernel.answer(again)).iopub)?.["text/plain"], "[ true, 'right' ]");
    });
  });
}
