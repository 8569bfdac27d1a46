import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { stripVTControlCharacters } from "node:util";
import { overEachTransport } from "../helpers/each-transport.js";
import { contents, type KernelClient, printed } from "../helpers/kernel-client.js";

let kernel: KernelClient;

interface Failure {
  ename: string;
  evalue: string;
  /** Without colours. */
  lines: string[];
  traceback: string;
  cell: string;
}

async function failure(code: string): Promise<Failure> {
  const { reply, iopub } = await kernel.execute(code);
  assert.equal(reply.status, "error", code);
  const [{ ename, evalue, traceback }] = contents(iopub, "error");
  assert.deepEqual([ename, evalue, traceback], [reply.ename, reply.evalue, reply.traceback]);
  const whole = (traceback as string[]).join("\n");
  assert.ok(!whole.includes("\u001b[90m"), "JupyterLab's grey cannot be read on an error's dark ground");
  return {
    ename: ename as string,
    evalue: evalue as string,
    lines: stripVTControlCharacters(whole).split("\n"),
    traceback: whole,
    cell: `In[${reply.execution_count}]`,
  };
}

overEachTransport(
  (started) => {
    kernel = started;
  },
  () => {
    test("an error of an earlier cell's function points to that cell, in coloured text", async () => {
      const { reply } = await kernel.execute(
        "interface Gone { x: number }\nasync function fail(): Promise<never> {\n  await null;\n  throw new RangeError('far');\n}",
      );
      const { lines, traceback, cell, evalue } = await failure("\nawait fail()");
      const earlier = `In[${reply.execution_count}]`;
      assert.deepEqual(lines, [
        `${earlier}:4`,
        "  throw new RangeError('far');",
        "        ^",
        "",
        "RangeError: far",
        `    at fail (${earlier}:4:9)`,
        `    at async ${cell}:2:1`,
      ]);
      assert.ok(traceback.includes("\u001b[31mRangeError\u001b[39m: far"), traceback);
      assert.equal(evalue, "far");
    });

    test("callbacks and native functions between; the line shown is the cell's", async () => {
      const { lines, cell } = await failure(
        "const parse = (text: string) => JSON.parse(text);\n['{bad'].map((text) => parse(text))",
      );
      assert.deepEqual(lines.slice(0, 3), [
        `${cell}:1`,
        "const parse = (text: string) => JSON.parse(text);",
        `${" ".repeat(37)}^`,
      ]);
      assert.deepEqual(lines.slice(5), [
        "    at JSON.parse (<anonymous>)",
        `    at parse (${cell}:1:38)`,
        `    at ${cell}:2:24`,
        "    at Array.map (<anonymous>)",
        `    at ${cell}:2:10`,
      ]);
    });

    test("a file beside the notebook is named with its own lines", async () => {
      const file = join(kernel.directory, "thrower.ts");
      writeFileSync(
        file,
        "type Unused = string;\n\nexport function fail(): never {\n  throw new Error('beside');\n}\n",
      );
      const { lines, cell } = await failure('import { fail } from "./thrower.ts";\nfail()');
      assert.deepEqual(lines.slice(-3), ["Error: beside", `    at fail (${file}:4:9)`, `    at ${cell}:2:1`]);
    });

    test("what is wrong with a file beside the notebook is shown in its line", async () => {
      writeFileSync(join(kernel.directory, "typed.ts"), "// first\nexport const a: number = 'x';\n");
      assert.deepEqual((await failure('import { a } from "./typed"; a')).lines, [
        "typed.ts:2:14 - error TS2322: Type 'string' is not assignable to type 'number'.",
        "2 export const a: number = 'x';",
        "               ^",
      ]);
    });

    test("code that eval made says where, in the cell's own place; our errors are without Node's frames", async () => {
      const { lines, cell } = await failure("const code = 'throw new Error(1)';\n  eval(code)");
      assert.ok(
        lines.includes(`    at eval (eval at <anonymous> (${cell}:2:3), <anonymous>:1:7)`),
        lines.join("\n"),
      );
      const own = await failure("%%profile --no-such 1\n1");
      assert.deepEqual([own.ename, own.lines.length], ["OptionError", 1], own.lines.join("\n"));
    });

    test("what the compiler adds is in no trace", async () => {
      const { lines, cell } = await failure(
        '{\n  using a = { [Symbol.dispose]() { throw new Error("a") } };\n  throw new Error("b");\n}',
      );
      const frames = lines.filter((line) => /^ +at /.test(line));
      assert.ok(
        frames.length > 0 && frames.every((line) => /In\[\d+\]:\d+:\d+\)?,?$/.test(line)),
        lines.join("\n"),
      );
      assert.ok(
        lines.some((line) => line.includes(`${cell}:3:`)),
        lines.join("\n"),
      );
    });

    test("causes, members of an AggregateError, circles, fields", async () => {
      const { lines, cell } = await failure(`const inner = Object.assign(new Error("inner"), { code: 7 });
const outer = new Error("outer", { cause: inner });
throw outer`);
      assert.deepEqual(lines.slice(4), [
        "Error: outer",
        `    at ${cell}:2:15`,
        "  [cause]: Error: inner",
        `      at ${cell}:1:29`,
        "  { code: 7 }",
      ]);
      const many = await failure(
        "throw new AggregateError(Array.from({ length: 1000 }, (_, i) => new Error('n' + i)), 'many')",
      );
      assert.match(
        many.lines.join("\n"),
        /\[errors 0\]: Error: n0[\s\S]*\[errors 9\]: Error: n9[\s\S]*… 990 more errors$/,
      );
      const circle = await failure(
        "const a = new Error('a'); a.cause = new Error('b', { cause: a }); throw a",
      );
      assert.match(circle.lines.join("\n"), /\[cause\]: Error: b\n[\s\S]*\[cause\]: \[Circular\]/);
    });

    test("anything can be thrown", async () => {
      for (const [code, ename, evalue] of [
        ["throw 'text'", "Uncaught", "'text'"],
        ["throw null", "Uncaught", "null"],
        ["throw undefined", "Uncaught", "undefined"],
        ["throw { odd: true }", "Uncaught", "{ odd: true }"],
        ["throw Symbol('s')", "Uncaught", "Symbol(s)"],
        ["await Promise.reject(5)", "Uncaught", "5"],
        ["throw new Proxy(new Error('x'), { get() { throw new Error('trap'); } })", "Error", ""],
        ["throw Object.assign(new Error('x'), { stack: undefined })", "Error", "x"],
        [
          "throw Object.assign(new Error('x'), { name: Symbol('n'), message: Symbol('m') })",
          "Symbol(n)",
          "Symbol(m)",
        ],
        ["throw Object.defineProperty(new Error('x'), 'message', { get() { throw 1; } })", "Error", ""],
        ["throw new DOMException('stop', 'AbortError')", "AbortError", "stop"],
      ]) {
        const found = await failure(code);
        assert.deepEqual([found.ename, found.evalue], [ename, evalue], code);
        assert.ok(found.lines.length > 0);
      }
    });

    test("huge and hostile messages are cut, and move no cursor", async () => {
      const { evalue, lines } = await failure(
        "throw Object.assign(new Error('x'.repeat(3_000_000)), { data: 'y'.repeat(3_000_000) })",
      );
      assert.ok(evalue.length < 25_000, `${evalue.length}`);
      assert.match(evalue, /… 2980000 more characters$/);
      assert.ok(lines.join("\n").length < 100_000);
      const hostile = await failure(
        "throw new Error('\\x1b[31mred\\x1b[0m \\x1b]0;title\\x07 \\x1b[2J \\0 \\u202e')",
      );
      assert.ok(hostile.traceback.includes("\u001b[31mred\u001b[0m"), hostile.traceback);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none must be left
      assert.doesNotMatch(hostile.traceback + hostile.evalue, /[\0\x07\u202e]|\x1b(?!\[[\d;]*m)/);
      const forged = await failure("throw new Error('a\\n    at forged (In[1]:1:1)')");
      assert.equal(forged.lines.at(-1), `    at ${forged.cell}:1:7`);
    });

    test("messages speak of variables by the names that were typed", async () => {
      await kernel.execute("let notCallable: any = 1;");
      assert.equal((await failure("notCallable()")).evalue, "notCallable is not a function");
      assert.equal(
        (await failure("const own: any = {}; own.missing()")).evalue,
        "own.missing is not a function",
      );
    });

    test("type errors: each with its place, line and marks; details of one indented", async () => {
      const { ename, evalue, lines, cell } = await failure(
        "const a: string = 1;\n\tconst b: { c: number } = { c: 1, d: 2 };\nnope;",
      );
      assert.equal(ename, "TypeScriptError");
      assert.equal(evalue, "TS2322: Type 'number' is not assignable to type 'string'.");
      assert.deepEqual(lines.slice(0, 3), [
        `${cell}:1:7 - error TS2322: Type 'number' is not assignable to type 'string'.`,
        "1 const a: string = 1;",
        "        ^",
      ]);
      assert.match(lines[3], /^In\[\d+\]:2:35 - error TS2353: /);
      assert.deepEqual(lines.slice(4, 6), [
        "2 \tconst b: { c: number } = { c: 1, d: 2 };",
        `  \t${" ".repeat(33)}^`,
      ]);
      assert.match(lines[6], /:3:1 - error TS2304: Cannot find name 'nope'/);
      const chain = await failure("const f: (x: string) => void = (x: number) => {};");
      assert.match(chain.lines[1], /^ {2}\S/);
    });

    test("of a long line the place is shown, and of many errors the first", async () => {
      const long = await failure(`const filled = [${"1, ".repeat(1e5)}nope, ${"2, ".repeat(1e5)}];`);
      assert.equal(long.lines.length, 3);
      assert.ok(long.lines[1].length < 400);
      assert.equal(
        long.lines[1].slice(...[long.lines[2].indexOf("^"), long.lines[2].lastIndexOf("^") + 1]),
        "nope",
      );
      const many = await failure("nope;\n".repeat(500));
      assert.equal(many.lines.length, 61);
      assert.equal(many.lines.at(-1), "… 480 more errors");
    });

    test("a package that is not there is asked for by the command that brings it", async () => {
      const remedy = async (code: string) =>
        (await failure(code)).lines.filter((line) => /npm install/.test(line));
      const says = (name: string) => [
        `Packages are looked for in the notebook's folder and above. There: npm install ${name}`,
      ];
      assert.deepEqual(await remedy('import x from "no-such-package/deep";'), says("no-such-package"));
      assert.deepEqual(await remedy('import { y } from "@no-such/package";\ny'), says("@no-such/package"));
      assert.deepEqual(await remedy('import "no-such-effect";'), says("no-such-effect"));
      for (const code of ['import x from "./no-such-file";', 'import x from "node:no-such";'])
        assert.deepEqual(await remedy(code), []);
    });

    test("syntax errors stay within the cell, and come alone", async () => {
      for (const [code, place] of [
        ["const = 3", "1:7"],
        ["let open = `never", "1:18"],
        ["let call = Math.max(1,", "1:23"],
        ["if (true) {\n  let x = nope;\n\n", "2:16"],
        ["%%time\nlet call = Math.max(", "2:21"],
      ]) {
        const { ename, lines, cell } = await failure(code);
        assert.equal(ename, "SyntaxError", code);
        assert.ok(lines[0].startsWith(`${cell}:${place} - error TS1`), `${code}: ${lines[0]}`);
        assert.ok(
          lines.every((line) => !/export|nope'/.test(line)),
          lines.join("\n"),
        );
      }
    });

    test("console.error of an error ends at the cell; a module that is not there is asked for by name", async () => {
      const { iopub, reply } = await kernel.execute("console.error(new Error('logged'))");
      assert.equal(printed(iopub, "stderr"), `Error: logged\n    at In[${reply.execution_count}]:1:15\n`);
      const { evalue } = await failure("require('./nowhere')");
      assert.equal(evalue, `Cannot find module './nowhere' from ${kernel.directory}`);
    });
  },
);
