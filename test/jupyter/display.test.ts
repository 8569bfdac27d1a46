import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { overEachTransport } from "../helpers/each-transport.js";
import { contents, type KernelClient, result } from "../helpers/kernel-client.js";

let kernel: KernelClient;

overEachTransport(
  (started) => {
    kernel = started;
  },
  () => {
    test("display, update, clear", async () => {
      const { iopub } = await kernel.execute(
        `display("first", { display_id: "d" });
     display(html\`<b>second</b>\`, { display_id: "d", update: true });
     display({ "application/x-test": { a: 1 } }, { raw: true });
     clearOutput(true);`,
      );
      const [first, raw] = contents(iopub, "display_data");
      assert.deepEqual(first, {
        data: { "text/plain": "'first'" },
        metadata: {},
        transient: { display_id: "d" },
      });
      assert.deepEqual(raw.data, { "application/x-test": { a: 1 } });
      assert.deepEqual(raw.transient, {});
      const [update] = contents(iopub, "update_display_data");
      assert.deepEqual(update.transient, { display_id: "d" });
      assert.equal((update.data as Record<string, string>)["text/html"], "<b>second</b>");
      assert.deepEqual(contents(iopub, "clear_output"), [{ wait: true }]);
    });

    test("displays, output and the result keep their order; an asynchronous display comes before idle", async () => {
      const { iopub } = await kernel.execute(
        `console.log("1"); display(2); console.log("3");
     display({ [Symbol.for("Jupyter.display")]: async () => (await null, { "text/plain": "4" }) }); 5`,
      );
      const shown = iopub.flatMap(({ header, content }) => {
        if (header.msg_type === "stream") return [content.text];
        return content.data ? [(content.data as Record<string, string>)["text/plain"]] : [];
      });
      assert.deepEqual(shown, ["1\n", "2", "3\n", "4", "5"]);
    });

    test("a cell that ends with display() shows what it displays, and nothing else", async () => {
      const slow = `{ [Symbol.for("Jupyter.display")]: async () => (await null, { "text/plain": "slow" }) }`;
      for (const code of ["display(1)", "display(1);", `display(${slow})`]) {
        const { reply, iopub } = await kernel.execute(code);
        assert.equal(reply.status, "ok");
        assert.equal(contents(iopub, "display_data").length, 1);
        assert.equal(result(iopub), undefined, code);
      }
    });

    test("a bundle has only what is there, and must be one", async () => {
      const { iopub } = await kernel.execute(
        `({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": null, "image/png": undefined, "text/latex": "x" }) })`,
      );
      assert.deepEqual(result(iopub), { "text/latex": "x", "text/plain": "[Object]" });
      const { reply } = await kernel.execute(`display(null, { raw: true })`);
      assert.match(String(reply.evalue), /must be an object of MIME types, not null/);
    });

    test("a progress bar is one display that is updated, and stays in its last state", async () => {
      const { reply, iopub } = await kernel.execute(
        `const bar = new Progress("<load>");
         for (let i = 0; i <= 200; i++) { bar.update(i / 200, "file " + i); await new Promise((done) => setTimeout(done, 1)); }
         bar.done("all");`,
      );
      assert.equal(reply.status, "ok", JSON.stringify(reply));
      const [first, ...others] = contents(iopub, "display_data");
      assert.deepEqual(others, []);
      const updates = contents(iopub, "update_display_data");
      assert.ok(updates.length >= 1 && updates.length < 100, `${updates.length} updates`);
      for (const update of updates) assert.deepEqual(update.transient, first.transient);
      assert.deepEqual(updates.at(-1)?.data, {
        "text/html": '<div><progress max="1" value="1.000"></progress> &#60;load&#62; all</div>',
        "text/plain": "<load> 100 % all",
      });
    });

    test("a value's own display decides what the result is", async () => {
      const { iopub } = await kernel.execute(
        `({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<i>x</i>" }) })`,
      );
      assert.equal(result(iopub)?.["text/html"], "<i>x</i>");
      const failed = await kernel.execute(`({ toHtml() { throw new RangeError("no picture") } })`);
      assert.equal(failed.reply.ename, "RangeError");
    });

    test("a frame of danfojs is a table, and what is in it is text", async () => {
      const { reply, iopub } = await kernel.execute(
        `const frame = new dfd.DataFrame([{ name: "<img src=x onerror=alert(1)>", samples: 3 }]); frame`,
      );
      assert.equal(reply.status, "ok", JSON.stringify(reply));
      const bundle = result(iopub)!;
      assert.match(bundle["text/html"], /<table[\s\S]*&#60;img src=x onerror=alert\(1\)&#62;/);
      assert.doesNotMatch(bundle["text/html"], /<img/);
      assert.match(bundle["text/plain"], /samples/);
    });

    test("a frame of danfojs is a table in text, too, whether or not proflab was used", async () => {
      const { iopub } = await kernel.execute(
        `console.log(new dfd.DataFrame({ a: [1, 2] }), String(new dfd.Series([3])));`,
      );
      const text = contents(iopub, "stream")
        .map((c) => c.text)
        .join("");
      assert.match(text, /^ +a\n0 +1\n1 +2\n/);
      assert.doesNotMatch(text, /dtypes|[╔║]/);
    });

    test("danfojs and proflab can be imported, and are those of the globals", async () => {
      const code = `import * as imported from "danfojs-node"; import { display as show } from "proflab";
    [imported === dfd, imported.DataFrame === dfd.DataFrame, show === display]`;
      assert.deepEqual(result((await kernel.execute(code)).iopub), { "text/plain": "[ true, true, true ]" });
    });

    test("tslab's display works", async () => {
      const { iopub } = await kernel.execute(
        `import * as tslab from "tslab";
     tslab.display.html("<b>1</b>"); tslab.display.png(new Uint8Array([1, 2, 3]));
     const box = tslab.newDisplay(); box.text("a"); box.text("b");`,
      );
      const data = [...contents(iopub, "display_data"), ...contents(iopub, "update_display_data")].map(
        (c) => c.data,
      );
      assert.deepEqual(data, [
        { "text/html": "<b>1</b>" },
        { "image/png": "AQID" },
        { "text/plain": "a" },
        { "text/plain": "b" },
      ]);
    });

    test("packages and files of the notebook's folder, CommonJS, ES modules and TypeScript", async () => {
      const folder = kernel.directory;
      const packages = { cjs: "exports.kind = 'cjs';", esm: "export const kind = 'esm';" };
      for (const [name, code] of Object.entries(packages)) {
        const directory = join(folder, "node_modules", name);
        mkdirSync(directory, { recursive: true });
        const manifest = {
          name,
          version: "1.0.0",
          type: name === "esm" ? "module" : "commonjs",
          exports: { ".": { types: "./index.d.ts", default: "./index.js" } },
        };
        writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
        writeFileSync(join(directory, "index.js"), code);
        writeFileSync(join(directory, "index.d.ts"), "export declare const kind: string;");
      }
      writeFileSync(join(folder, "side.ts"), "export const kind: string = 'ts';");
      const { reply, iopub } = await kernel.execute(
        `import * as cjs from "cjs"; import { kind } from "esm"; import { kind as side } from "./side";
     [cjs.kind, kind, side, (await import("esm")).kind, __dirname === process.cwd()]`,
      );
      assert.equal(reply.status, "ok", JSON.stringify(reply));
      assert.deepEqual(result(iopub), { "text/plain": "[ 'cjs', 'esm', 'ts', 'esm', true ]" });
    });
  },
);
