import assert from "node:assert/strict";
import test from "node:test";
import { stripVTControlCharacters } from "node:util";
import { overEachTransport } from "../helpers/each-transport.js";
import { contents, KernelClient, printed, result } from "../helpers/kernel-client.js";

let kernel: KernelClient;

overEachTransport(
  (started) => {
    kernel = started;
  },
  (transport) => {
    test("a cell: busy, its input, its result, idle, in this order and under its name", async () => {
      const { reply, iopub } = await kernel.execute("1 + 1");
      assert.equal(reply.status, "ok");
      assert.deepEqual(
        iopub.map(({ header, content }) => content.execution_state ?? header.msg_type),
        ["busy", "execute_input", "execute_result", "idle"],
      );
      assert.deepEqual(result(iopub), { "text/plain": "2" });
      assert.equal(contents(iopub, "execute_input")[0].execution_count, reply.execution_count);
    });

    test("statements and undefined have no result, null has", async () => {
      assert.equal(result((await kernel.execute("const nothing = 1;")).iopub), undefined);
      assert.equal(result((await kernel.execute("undefined")).iopub), undefined);
      assert.deepEqual(result((await kernel.execute("null")).iopub), { "text/plain": "null" });
    });

    test("variables, functions and types live on", async () => {
      await kernel.execute(
        "let counter = 1; function twice(n: number) { return 2 * n }\ntype Pair = [number, number];",
      );
      assert.deepEqual(result((await kernel.execute("twice(++counter)")).iopub), { "text/plain": "4" });
      assert.equal((await kernel.execute("const pair: Pair = [1, counter]; pair")).reply.status, "ok");
    });

    test("await, for await and using at the top level", async () => {
      const code = `
    using guard = { [Symbol.dispose]: () => console.log("disposed") };
    let sum = 0;
    for await (const item of [1, Promise.resolve(2)]) sum += item;
    sum + await (async () => 4)()`;
      const { iopub } = await kernel.execute(code);
      assert.deepEqual(result(iopub), { "text/plain": "7" });
      assert.equal(printed(iopub), "disposed\n");
    });

    test("20,000 lines arrive, in few messages, before idle", async () => {
      const { iopub } = await kernel.execute("for (let i = 0; i < 20_000; i++) console.log('line', i)");
      const lines = printed(iopub).trimEnd().split("\n");
      assert.equal(lines.length, 20_000);
      assert.equal(lines.at(-1), "line 19999");
      assert.ok(contents(iopub, "stream").length < 50);
      assert.equal(iopub.at(-1)?.content.execution_state, "idle");
    });

    test("a line of 2 MB and bytes pass", async () => {
      const { iopub } = await kernel.execute(
        "console.log('x'.repeat(2_000_000)); process.stdout.write(Buffer.from('π'));",
      );
      assert.equal(printed(iopub), `${"x".repeat(2_000_000)}\nπ`);
    });

    test("console.error goes to stderr, in order with stdout", async () => {
      const { iopub } = await kernel.execute("console.log('a'); console.error('b'); console.log('c')");
      assert.deepEqual(
        contents(iopub, "stream").map(({ name, text }) => [name, text]),
        [
          ["stdout", "a\n"],
          ["stderr", "b\n"],
          ["stdout", "c\n"],
        ],
      );
    });

    test("output is seen while the cell runs", async () => {
      const id = kernel.sendExecute(
        "console.log('early'); const until = Date.now() + 800; while (Date.now() < until);",
      );
      await kernel.until(() => printed(kernel.of(id)) === "early\n", "output");
      assert.ok(!kernel.of(id).some(({ content }) => content.execution_state === "idle"));
      await kernel.answer(id);
    });

    test("late output comes under the name of the cell that began it", async () => {
      const code = `setTimeout(() => { console.log("timer"); display(1); }, 300);
    void (async () => {
      for (let i = 0; i < 3; i++) { await new Promise((done) => setTimeout(done, 120)); console.error(i); }
      await (await import("node:timers/promises")).setTimeout(50); console.error("promised");
    })();`;
      const first = kernel.sendExecute(code);
      await kernel.answer(first);
      const pause = "await new Promise((done) => setTimeout(done, 600));";
      const second = await kernel.execute(`${pause} console.log("own")`);
      const late = kernel.of(first);
      assert.deepEqual([printed(late), printed(late, "stderr")], ["timer\n", "0\n1\n2\npromised\n"]);
      assert.equal(contents(late, "display_data").length, 1);
      assert.deepEqual([printed(second.iopub), printed(second.iopub, "stderr")], ["own\n", ""]);
    });

    test("late output of children and sockets comes under the name of the cell that made them", async () => {
      const code = `import { spawn } from "node:child_process"; import * as net from "node:net";
        const late = spawn("sh", ["-c", "sleep 0.5; echo child; exit 3"]);
        late.stdout.on("data", (bytes) => console.log(String(bytes).trim())); late.on("exit", (code) => console.log("exit", code));
        const server = net.createServer((socket) => { socket.on("data", () => console.log("server")); });
        await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
        const socket = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1");
        setTimeout(() => socket.write("x"), 400);`;
      const first = kernel.sendExecute(code);
      await kernel.answer(first);
      const pause = "await new Promise((done) => setTimeout(done, 900));";
      const second = await kernel.execute(`${pause} console.log("own"); socket.destroy(); server.close();`);
      assert.deepEqual(printed(kernel.of(first)).trim().split("\n").sort(), ["child", "exit 3", "server"]);
      assert.equal(printed(second.iopub), "own\n");
    });

    test("an error: on iopub and in the reply, with the cell's own lines", async () => {
      const { reply, iopub } = await kernel.execute(
        "\nfunction fail(): never {\n  throw new RangeError('too far');\n}\nfail()",
      );
      assert.equal(reply.status, "error");
      assert.equal(reply.ename, "RangeError");
      assert.equal(reply.evalue, "too far");
      const number = reply.execution_count;
      assert.deepEqual((reply.traceback as string[]).map(stripVTControlCharacters), [
        `In[${number}]:3`,
        "  throw new RangeError('too far');",
        "        ^",
        "",
        "RangeError: too far",
        `    at fail (In[${number}]:3:9)`,
        `    at In[${number}]:5:1`,
      ]);
      const [{ ename, evalue, traceback }] = contents(iopub, "error");
      assert.deepEqual(
        { ename, evalue, traceback },
        { ename: "RangeError", evalue: "too far", traceback: reply.traceback },
      );
    });

    test("an error's cause and fields are shown; anything can be thrown", async () => {
      const { reply } = await kernel.execute(
        "throw new Error('outer', { cause: Object.assign(new Error('inner'), { code: 7 }) })",
      );
      const text = stripVTControlCharacters((reply.traceback as string[]).join("\n"));
      assert.match(text, /outer[\s\S]*\[cause\]: Error: inner[\s\S]*code/);
      const thrown = await kernel.execute("throw { odd: true }");
      assert.deepEqual([thrown.reply.ename, thrown.reply.evalue], ["Uncaught", "{ odd: true }"]);
    });

    test("an error of the kernel's own is its message and the cell's line", async () => {
      const { reply } = await kernel.execute("display(1, { update: true })");
      assert.deepEqual((reply.traceback as string[]).map(stripVTControlCharacters), [
        `In[${reply.execution_count}]:1`,
        "display(1, { update: true })",
        "^",
        "",
        "TypeError: display: update needs a display_id",
        `    at In[${reply.execution_count}]:1:1`,
      ]);
    });

    test("a type error is an error of the cell, and nothing of it runs", async () => {
      const { reply, iopub } = await kernel.execute("console.log('ran');\nconst text: string = 1;");
      assert.equal(reply.ename, "TypeScriptError");
      assert.match((reply.traceback as string[]).join("\n"), /:2:7 - .*TS2322[\s\S]*const text/);
      assert.equal(printed(iopub), "");
    });

    test("what a failed cell reached is kept", async () => {
      await kernel.execute("const kept = 5;\nthrow new Error('stop');\nconst lost = 6;");
      assert.deepEqual(result((await kernel.execute("kept")).iopub), { "text/plain": "5" });
      assert.match(String((await kernel.execute("lost")).reply.evalue), /Cannot find name 'lost'/);
    });

    test("errors that nobody catches are errors of the cell they come from, and the kernel goes on", async () => {
      const id = kernel.sendExecute(
        "void Promise.reject(new Error('rejected')); setTimeout(() => { throw new Error('thrown') }, 200);",
      );
      await kernel.answer(id);
      await kernel.execute("1"); // another one ran since
      const errors = () => contents(kernel.of(id), "error");
      await kernel.until(() => errors().length === 2, "both errors");
      assert.deepEqual(
        errors().map(({ ename, evalue }) => `${ename}: ${evalue}`),
        ["Error: rejected", "Error: thrown"],
      );
      assert.match((errors()[1].traceback as string[]).join("\n"), /In\[\d+\]:1:\d+/);
      assert.equal((await kernel.execute("1")).reply.status, "ok");
    });

    test("a failed cell aborts those that wait, unless it is told not to", async () => {
      const slow = "await new Promise((done) => setTimeout(done, 100)); throw new Error('x')";
      const ids = [slow, "console.log('never')", "2"].map((code) => kernel.sendExecute(code));
      const [failed, ...waiting] = await Promise.all(ids.map((id) => kernel.answer(id)));
      assert.equal(failed.reply.status, "error");
      assert.deepEqual(
        waiting.map(({ reply }) => reply.status),
        ["aborted", "aborted"],
      );
      assert.equal(printed(waiting[0].iopub), "");
      const kept = [slow, "3"].map((code) => kernel.sendExecute(code, { stop_on_error: false }));
      const answers = await Promise.all(kept.map((id) => kernel.answer(id)));
      assert.deepEqual(
        answers.map(({ reply }) => reply.status),
        ["error", "ok"],
      );
      assert.equal((await kernel.execute("4")).reply.status, "ok");
    });

    test("silent cells are not counted and show no result; store_history=false is not counted", async () => {
      const { reply: before } = await kernel.execute("1");
      const silent = await kernel.execute("console.log('said'); 2", { silent: true });
      assert.deepEqual(contents(silent.iopub, "execute_input"), []);
      assert.equal(result(silent.iopub), undefined);
      assert.equal(printed(silent.iopub), "said\n");
      const unstored = await kernel.execute("3", { store_history: false });
      assert.deepEqual(result(unstored.iopub), { "text/plain": "3" });
      const { reply: after } = await kernel.execute("4");
      assert.equal(after.execution_count, Number(before.execution_count) + 1);
    });

    test("user expressions are evaluated after the cell", async () => {
      const { reply } = await kernel.execute("const seen = 2;", {
        user_expressions: { good: "seen * 2", bad: "nope" },
      });
      const { good, bad } = reply.user_expressions as Record<string, Record<string, unknown>>;
      assert.deepEqual(good, { status: "ok", data: { "text/plain": "4" }, metadata: {} });
      assert.equal(bad.status, "error");
    });

    test("files that appear in the notebook's folder between cells do not disturb the compiler", async () => {
      await using kernel = await KernelClient.start({ transport });
      await kernel.execute('import { writeFileSync } from "node:fs";');
      for (let i = 0; i < 12; i++) {
        const { reply } = await kernel.execute(
          `writeFileSync("file${i}.ts", "export const at = ${i};"); ${i}`,
        );
        assert.equal(reply.status, "ok", String(reply.evalue));
        await new Promise((resolve) => setTimeout(resolve, i * 30)); // the watcher answers when it likes
      }
      const { iopub } = await kernel.execute('import { at } from "./file7"; at');
      assert.equal(result(iopub)?.["text/plain"], "7");
    });
  },
);
