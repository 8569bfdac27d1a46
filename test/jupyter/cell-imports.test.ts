import assert from "node:assert/strict";
import test from "node:test";
import { overEachTransport } from "../helpers/each-transport.js";
import { type KernelClient, result } from "../helpers/kernel-client.js";

let kernel: KernelClient;

/** Text of a cell's result; fails with what the cell failed with. */
async function value(code: string): Promise<string | undefined> {
  const { reply, iopub } = await kernel.execute(code);
  assert.equal(reply.status, "ok", (reply.traceback as string[])?.join("\n"));
  return result(iopub)?.["text/plain"];
}

overEachTransport(
  (started) => {
    kernel = started;
  },
  () => {
    test("import.meta, __dirname and __filename speak of the notebook's folder", async () => {
      const folder = kernel.directory;
      assert.equal(await value("import.meta.dirname === __dirname && __dirname"), `'${folder}'`);
      assert.equal(await value("import.meta.filename === __filename"), "true");
      assert.equal(await value("new URL('.', import.meta.url).pathname"), `'${folder}/'`);
      assert.equal(await value("import.meta.resolve('./data.csv')"), `'file://${folder}/data.csv'`);
      assert.equal(await value("import.meta.resolve('fs')"), "'node:fs'");
    });

    test("packages of the notebook's folder: CommonJS, ES modules, with exports, and those that await", async () => {
      const modules = "node_modules";
      kernel.put(`${modules}/plain/index.js`, "module.exports = { double: (n) => 2 * n };");
      kernel.put(`${modules}/plain/index.d.ts`, "export function double(n: number): number;");
      const manifest = (name: string) =>
        JSON.stringify({
          name,
          type: "module",
          exports: { import: { types: "./i.d.ts", default: "./i.js" } },
        });
      kernel.put(`${modules}/modern/package.json`, manifest("modern"));
      kernel.put(
        `${modules}/modern/i.d.ts`,
        "export const answer: number; export default function f(): string;",
      );
      kernel.put(
        `${modules}/modern/i.js`,
        "export const answer = 42; export default function f() { return 'default'; }",
      );
      kernel.put(`${modules}/waits/package.json`, manifest("waits"));
      kernel.put(
        `${modules}/waits/i.d.ts`,
        "export let ready: number; export function more(): void; export default ready;",
      );
      kernel.put(
        `${modules}/waits/i.js`,
        "export let ready = await Promise.resolve(1); export const more = () => { ready++; }; export default 'd';",
      );
      assert.equal(await value("import { double } from 'plain'; double(4)"), "8");
      assert.equal(await value("import f, { answer } from 'modern'; [answer, f()]"), "[ 42, 'default' ]");
      assert.equal(
        await value("import * as waits from 'waits'; waits.more(); [waits.ready, waits.default]"),
        "[ 2, 'd' ]",
      );
      assert.equal(await value("import { ready } from 'waits'; waits.more(); ready"), "3");
      assert.equal(await value("waits.more(); ready"), "4");
      assert.equal(await value("(await import('waits')).ready + (await import('plain')).double(2)"), "8");
      assert.equal(await value("require('plain').double(1)"), "2");
    });

    test("JSON, with and without an attribute, is read again after a change", async () => {
      kernel.put("facts.json", '{ "n": 1 }');
      assert.equal(await value('import facts from "./facts.json" with { type: "json" }; facts.n'), "1");
      await new Promise((resolve) => setTimeout(resolve, 20));
      kernel.put("facts.json", '{ "n": 2 }');
      assert.equal(await value('import again from "./facts.json"; again.n'), "2");
    });

    test("a .ts file beside the notebook: read again after a change, may await, may import others", async () => {
      kernel.put("inner.ts", "export const base: number = 10;");
      kernel.put(
        "side.ts",
        'import { base } from "./inner.ts";\nexport const total: number = (await Promise.resolve(base)) + 1;',
      );
      assert.equal(await value('import { total } from "./side.ts"; total'), "11");
      assert.equal(await value('(await import("./side")).total'), "11");
      kernel.put("inner.ts", "export const base: number = 20;");
      const deadline = Date.now() + 120_000;
      let seen: string | undefined;
      while (seen !== "21" && Date.now() < deadline)
        seen = await value('import { total as later } from "./side"; later');
      assert.equal(seen, "21");
      // A function of an earlier cell sees what was imported again by the same name.
      await value('import { total } from "./side.ts"; const told = () => total;');
      kernel.put("inner.ts", "export const base: number = 3000;");
      assert.equal(await value('import { total } from "./side.ts"; told()'), "3001");
    });
  },
);
