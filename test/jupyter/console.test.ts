import assert from "node:assert/strict";
import test from "node:test";
import { overEachTransport } from "../helpers/each-transport.js";
import { contents, type KernelClient, printed, result } from "../helpers/kernel-client.js";

let kernel: KernelClient;

overEachTransport(
  (started) => {
    kernel = started;
  },
  () => {
    test("console: each method in its stream", async () => {
      const { iopub, reply } = await kernel.execute(`
    console.group("group"); console.info("in"); console.groupEnd(); console.debug("out");
    console.table([{ a: 1, b: "x" }]);
    console.count(); console.count(); console.countReset(); console.count("named");
    console.dir({ deep: { deep: { deep: {} } } }, { depth: 0 });
    console.time("t"); console.timeLog("t", "so far"); console.timeEnd("t");
    console.warn("warned"); console.assert(true, "no"); console.assert(1 > 2, "%d is not", 1); console.trace("here");
    console.log("%s is %o", "it", { a: 1 });`);
      assert.equal(reply.status, "ok", JSON.stringify(reply));
      const out = printed(iopub);
      assert.match(out, /^group\n {2}in\nout\n┌.*\n│ \(index\) │ a │ +b +│\n/);
      assert.match(out, /default: 1\ndefault: 2\nnamed: 1\n\{ deep: \[Object\] \}\nt: .*so far\nt: /);
      assert.match(out, /it is \{ a: 1 \}\n$/);
      assert.ok(!out.includes("\u001b"));
      const errors = printed(iopub, "stderr");
      assert.match(errors, /^warned\nAssertion failed: 1 is not\nTrace: here\n {4}at In\[\d+\]:7:/);
      assert.doesNotMatch(errors, /node:internal|dist\/kernel/);
    });

    test("console.clear clears the output", async () => {
      const { iopub } = await kernel.execute("console.log(1); console.clear(); console.log(2)");
      const kinds = iopub.map(({ header, content }) => content.text ?? content.wait ?? header.msg_type);
      assert.deepEqual(kinds.slice(2, 5), ["1\n", false, "2\n"]);
    });

    test("process.stdout.write: text, bytes, encodings, callbacks, characters in pieces", async () => {
      const { iopub, reply } = await kernel.execute(`
    const euro = Buffer.from("€😀");
    for (const byte of euro) process.stdout.write(Uint8Array.of(byte));
    process.stdout.write("c3a9", "hex");
    const order: string[] = [];
    await new Promise<void>((done) => process.stdout.write("a", () => { order.push("first"); done(); }));
    await new Promise<void>((done) => process.stderr.write("b", "utf8", () => { order.push("second"); done(); }));
    const { Readable } = await import("node:stream");
    const { pipeline } = await import("node:stream/promises");
    await pipeline(Readable.from(["piped ", Buffer.from("bytes")]), process.stdout, { end: false });
    [process.stdout.write(""), ...order]`);
      assert.equal(reply.status, "ok", JSON.stringify(reply));
      assert.equal(printed(iopub), "€😀éapiped bytes");
      assert.equal(printed(iopub, "stderr"), "b");
      assert.equal(result(iopub)?.["text/plain"], "[ true, 'first', 'second' ]");
    });

    test("children with inherited output are heard, in order with the cell, under its name", async () => {
      const { iopub, reply } = await kernel.execute(`
    import { execSync, spawn, spawnSync } from "node:child_process";
    console.log("before");
    spawnSync("echo", ["spawnSync"], { stdio: "inherit" });
    execSync("echo execSync; echo to stderr >&2", { stdio: "inherit" });
    console.log("between");
    const child = spawn("sh", ["-c", "echo spawn"], { stdio: ["ignore", "inherit", "inherit"] });
    await new Promise((done) => child.on("exit", done));
    console.log("after");`);
      assert.equal(reply.status, "ok", JSON.stringify(reply));
      const lines = printed(iopub).split("\n").filter(Boolean);
      assert.deepEqual(lines, ["before", "spawnSync", "execSync", "between", "spawn", "after"]);
      assert.equal(printed(iopub, "stderr"), "to stderr\n");
    });

    test("the order of a cell and its children is kept, each time", async () => {
      const { iopub } = await kernel.execute(`
    import { execFileSync, spawn as start } from "node:child_process";
    for (let i = 0; i < 40; i++) {
      console.log("a" + i);
      execFileSync("echo", ["b" + i], { stdio: "inherit" });
      display("c" + i);
      const child = start("echo", ["d" + i], { stdio: "inherit" });
      await new Promise((done) => child.on("exit", done));
      console.log("e" + i);
    }`);
      const shown = iopub.flatMap(({ header, content }) => {
        if (header.msg_type === "stream") return String(content.text).trimEnd().split("\n");
        const data = content.data as Record<string, string> | undefined;
        return data ? [data["text/plain"].slice(1, -1)] : [];
      });
      assert.deepEqual(
        shown,
        Array.from({ length: 40 }, (_, i) => ["a", "b", "c", "d", "e"].map((letter) => letter + i)).flat(),
      );
    });

    test("a child's output is seen while the cell waits for it in spawnSync", async () => {
      const id = kernel.sendExecute(
        'import { execSync as run } from "node:child_process"; run("echo early; sleep 2; echo late", { stdio: "inherit" }); 0',
      );
      await kernel.until(() => printed(kernel.of(id)) === "early\n", "early output");
      assert.ok(!kernel.of(id).some(({ content }) => content.execution_state === "idle"));
      assert.equal(printed((await kernel.answer(id)).iopub), "early\nlate\n");
    });

    test("updates of one display are at most ten a second, and the last is shown before the cell is idle", async () => {
      const { iopub } = await kernel.execute(`
    display("0", { display_id: "bar" });
    const until = performance.now() + 1000;
    let n = 0;
    while (performance.now() < until) { display(String(++n), { display_id: "bar", update: true }); await null; }
    n`);
      const updates = contents(iopub, "update_display_data").map(
        ({ data }) => (data as Record<string, string>)["text/plain"],
      );
      assert.ok(updates.length >= 2 && updates.length <= 13, `${updates.length} updates`);
      assert.equal(updates.at(-1), `'${result(iopub)?.["text/plain"]}'`);
    });
  },
);
