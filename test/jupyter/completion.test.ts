import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { overEachTransport } from "../helpers/each-transport.js";
import { type KernelClient, result } from "../helpers/kernel-client.js";

let kernel: KernelClient;

interface Completion {
  matches: string[];
  /** What is there when the match is taken. */
  taken(match: string): string;
  types: Record<string, string>;
}

/** Completes at the `|` in a text. */
async function complete(text: string): Promise<Completion> {
  const code = text.replace("|", "");
  const cursor_pos = [...text.slice(0, text.indexOf("|"))].length;
  const { reply } = await kernel.request("complete_request", { code, cursor_pos });
  assert.equal(reply.status, "ok");
  const { _jupyter_types_experimental: typed } = reply.metadata as Record<
    string,
    { text: string; type: string }[]
  >;
  const points = [...code];
  const [start, end] = [Number(reply.cursor_start), Number(reply.cursor_end)];
  return {
    matches: reply.matches as string[],
    taken: (match) => [...points.slice(0, start), match, ...points.slice(end)].join(""),
    types: Object.fromEntries(typed.map(({ text, type }) => [text, type])),
  };
}

/** The help at the `|` in a text. */
async function inspect(text: string): Promise<Record<string, string> | undefined> {
  const code = text.replace("|", "");
  const cursor_pos = [...text.slice(0, text.indexOf("|"))].length;
  const { reply } = await kernel.request("inspect_request", { code, cursor_pos, detail_level: 0 });
  assert.equal(reply.status, "ok");
  return reply.found ? (reply.data as Record<string, string>) : undefined;
}

overEachTransport(
  async (started) => {
    kernel = started;
    const put = (path: string, text: string) => {
      mkdirSync(join(kernel.directory, path, ".."), { recursive: true });
      writeFileSync(join(kernel.directory, path), text);
    };
    put("helpers.ts", "export const helping = 1;");
    put("nested/deep.ts", "export const deep = 1;");
    put(
      "node_modules/some-package/package.json",
      '{ "name": "some-package", "types": "i.d.ts", "main": "i.js" }',
    );
    put(
      "node_modules/some-package/i.d.ts",
      "/** Adds. */\nexport function add(a: number, b: number): number;",
    );
    put("package.json", '{ "dependencies": { "some-package": "1" } }');
    const { reply } = await kernel.execute(`
/**
 * Rounds a number, see {@link Math.round}.
 *
 * @param value what is **rounded**
 * @param digits after the point
 * @returns the rounded number
 */
function rounded(value: number, digits = 2, ...more: string[]): number { return Number(value.toFixed(digits)); }
const frame = new dfd.DataFrame({ "cpu time": [1, 2], comm: ["a", "b"], command: ["c", "d"] });`);
    assert.equal(reply.status, "ok", `${reply.evalue}`);
  },
  () => {
    test("members and names, with what they are; positions count code points", async () => {
      const { matches, taken, types } = await complete("const s = '😀👍'; Math.ab|; 1");
      assert.deepEqual(matches, ["abs"]);
      assert.equal(taken("abs"), "const s = '😀👍'; Math.abs; 1");
      assert.equal(types.abs, "method");
      const names = await complete("round|");
      assert.ok(names.matches.includes("rounded"));
      assert.equal(names.types.rounded, "function");
      assert.equal(names.taken("rounded"), "rounded");
    });

    test("columns of the live frame, where a frame takes one", async () => {
      for (const text of [
        'frame["c|',
        'frame["c|"]',
        "frame['c|",
        'frame.groupby(["comm", "c|',
        'frame.head(2).groupby(["c|"])',
      ]) {
        const { matches, types } = await complete(text);
        assert.deepEqual(matches, ["cpu time", "comm", "command"], text);
        assert.equal(types.comm, "column");
      }
      const { taken } = await complete('frame["cp|"].sum()');
      assert.equal(taken("cpu time"), 'frame["cpu time"].sum()');
      await kernel.execute('const frame = new dfd.DataFrame({ "it\\"s": [1] });');
      assert.deepEqual((await complete('frame["i|')).matches, ['it\\"s']);
    });

    test("options and their literal values", async () => {
      assert.ok((await complete("profile({ fre|")).matches.includes("frequency"));
      await kernel.execute('function mode(which: { speed: "fast" | "slow" }) { return which; }');
      const { matches, taken } = await complete('mode({ speed: "fa|" })');
      assert.deepEqual(matches, ["fast"]);
      assert.equal(taken("fast"), 'mode({ speed: "fast" })');
    });

    test("running processes where profile() takes a pid, with their names", async () => {
      const own = `${kernel.process.pid} /* `;
      for (const text of [
        "profile({ pid: |",
        'profile({ "pid": |',
        "await profile({ duration: '1s', pid: [1, |] })",
        "profile.start({ pid: | })",
      ]) {
        const { matches, types } = await complete(text);
        const entry = matches.find((match) => match.startsWith(own));
        assert.ok(entry, `${text}: ${matches.slice(0, 20)}`);
        assert.match(entry, /^\d+ \/\* .+ \*\/$/);
        assert.equal(types[entry], "process");
      }
      const { matches, taken } = await complete("await profile({ pid: nod|, duration: '1s' })");
      assert.ok(matches.some((match) => match.startsWith(own)));
      assert.equal(taken("5 /* node */"), "await profile({ pid: 5 /* node */, duration: '1s' })");
      assert.ok(!(await complete("other({ pid: |")).matches.some((match) => match.startsWith(own)));
    });

    test("paths and packages of imports", async () => {
      const side = await complete('import { helping } from "./he|"');
      assert.deepEqual(
        side.matches.map((match) => side.taken(match)),
        ['import { helping } from "./helpers"'],
      );
      const deep = await complete('await import("./nested/|")');
      assert.deepEqual(
        deep.matches.map((match) => deep.taken(match)),
        ['await import("./nested/deep")'],
      );
      const packages = await complete('import { add } from "some|');
      assert.deepEqual(
        packages.matches.map((match) => packages.taken(match)),
        ['import { add } from "some-package'],
      );
      assert.ok((await complete('import * as fs from "node:f|"')).matches.includes("node:fs"));
    });

    test("names are documented, in plain text and in Markdown", async () => {
      const data = await inspect("round|ed(1)");
      assert.match(
        data!["text/plain"],
        /^function rounded\(value: number, digits\?: number, .*\): number\n\nRounds a number, see Math\.round\./,
      );
      assert.match(data!["text/plain"], /@param digits after the point/);
      assert.match(
        data!["text/markdown"],
        /^```typescript\nfunction rounded[^`]*```\n\nRounds[^\n]*\n\n\*@param\* `value` (- )?what is \*\*rounded\*\*/,
      );
    });

    test("inside the brackets of a call: its signature, with the parameter that stands there", async () => {
      for (const [text, parameter] of [
        ["rounded(|", "value: number"],
        ["rounded(|)", "value: number"],
        ["rounded(1, |)", "digits?: number"],
        ["const s = '😀'; rounded(Math.abs(-1), |", "digits?: number"],
        ["rounded(1, 2, 'a', |", "...more: string[]"],
        ["rounded(\n  1,\n  |", "digits?: number"],
      ]) {
        const plain = (await inspect(text))?.["text/plain"] ?? "";
        assert.match(
          plain,
          /^rounded\(value: number, digits\?: number, \.\.\.more: string\[\]\): number\n/,
          text,
        );
        assert.ok(plain.includes(`▸ ${parameter}`), `${text}: ${plain}`);
      }
      assert.match(
        (await inspect("rounded(1, |)"))!["text/markdown"],
        /\*\*`digits\?: number`\*\*: after the point/,
      );
      assert.match((await inspect("profile({ pid: 1 }, |)"))!["text/plain"], /▸ options\?: ProfileOptions/);
      assert.match((await inspect("Math.max(Math.abs(|), 2)"))!["text/plain"], /^abs\(x: number\)/);
      assert.equal(await inspect("   |  "), undefined);
    });

    test("all of it is answered while a cell burns CPU", async () => {
      const id = kernel.sendExecute("console.log('on'); for (;;);");
      await kernel.until(() => kernel.of(id).some(({ header }) => header.msg_type === "stream"), "the loop");
      assert.deepEqual((await complete("Math.ab|")).matches, ["abs"]);
      assert.deepEqual((await complete('frame["i|')).matches, ['it\\"s']);
      assert.ok((await complete("profile({ pid: |")).matches.length > 0);
      assert.ok(await inspect("rounded(|"));
      assert.ok(!kernel.of(id).some(({ content }) => content.execution_state === "idle"));
      await kernel.request("interrupt_request", {}, "control");
      assert.equal((await kernel.answer(id)).reply.status, "error");
      assert.equal(result((await kernel.execute("rounded(1.234)")).iopub)?.["text/plain"], "1.23");
    });
  },
);
