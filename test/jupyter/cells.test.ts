import assert from "node:assert/strict";
import test from "node:test";
import { overEachTransport } from "../helpers/each-transport.js";
import { type KernelClient, printed, result } from "../helpers/kernel-client.js";

let kernel: KernelClient;

/** Text of a cell's result; fails with what the cell failed with. */
async function value(code: string): Promise<string | undefined> {
  const { reply, iopub } = await kernel.execute(code);
  assert.equal(reply.status, "ok", (reply.traceback as string[])?.join("\n"));
  return result(iopub)?.["text/plain"];
}

async function failure(code: string): Promise<string> {
  const { reply } = await kernel.execute(code);
  assert.equal(reply.status, "error", code);
  return `${reply.ename}: ${reply.evalue}`;
}

overEachTransport(
  (started) => {
    kernel = started;
  },
  () => {
    test("a closure sees what a later cell assigns, and later cells see what it assigns", async () => {
      await value("let count = 0;\nconst increment = () => ++count;");
      assert.equal(await value("increment(); count"), "1");
      assert.equal(await value("count = 100;\nincrement()"), "101");
      assert.equal(await value("({ count } = { count: 7 });\n[increment(), count]"), "[ 8, 8 ]");
    });

    test("a name that is declared again, with another type, is the same name to earlier functions", async () => {
      await value(`let shape: unknown = 1;
function helper() { return 1; }
class Item { kind = "old"; static make() { return new Item(); } }
enum Level { low, high }
namespace Sizes { export const most = 1; }
const look = () => [shape, helper(), new Item().kind, Level.low, Sizes.most];`);
      await value(`let shape: string[] = ["text"];
function helper(): string { return "two"; }
class Item { kind = "new"; extra = 1; static make() { return new Item(); } }
enum Level { low = 5 }
namespace Sizes { export const most = 9; }`);
      assert.equal(await value("look()"), "[ [ 'text' ], 'two', 'new', 5, 9 ]");
      assert.equal(await value("[Item.make().extra, Level[5], shape.length]"), "[ 1, 'low', 1 ]");
    });

    test("namespaces and classes are known many cells later", async () => {
      await value(
        "namespace Deep { export interface Point { x: number } export const origin: Point = { x: 0 }; }",
      );
      for (const code of ["1", "const between = 2;"]) await value(code);
      assert.equal(await value("const moved: Deep.Point = { x: Deep.origin.x + 1 }; moved.x"), "1");
    });

    test("one variable after the other, patterns with defaults, `var` in blocks, shorthand", async () => {
      const code = `let a = 1, b = a + 1;
const { c, d = c } = { c: 5 } as { c: number; d?: number };
for (var i = 0; i < 3; i++);
[a, b, c, d, i, { a, c }.c]`;
      assert.equal(await value(code), "[ 1, 2, 5, 5, 3, 5 ]");
      assert.equal(await value("var again = 3; var again: number; again"), "3");
    });

    test("a `var` in a block or a loop is the cell's, and so the next one's", async () => {
      const code = `
function none() { var inner = 1; return inner; }
if (none() === 1) { var deep = 1, look = () => deep; }
for (var turn = 0; turn < 3; turn++);
for (var key in { x: 1 });
for (var [first, { second = first, ...others }] of [[1, { third: 3 }] as [number, { second?: number, third: number }]]);
for await (var item of [Promise.resolve("item")]);
try { throw { code: 5 } } catch (error) { var { code: thrown } = error; }
if (none() > 1) { var unseen: string | undefined = "never"; }`;
      assert.equal(await value(code), undefined);
      assert.equal(
        await value("[deep, look.name, turn, key, first, second, others.third, item, thrown, unseen]"),
        "[ 1, 'look', 3, 'x', 1, 1, 3, 'item', 5, undefined ]",
      );
      assert.equal(await value("deep = 7; look()"), "7");
      assert.match(await failure("turn.toUpperCase()"), /'toUpperCase' does not exist on type 'number'/);
      assert.match(await failure("inner"), /Cannot find name 'inner'/);
      await failure("for (var reached of [1, 2]) { if (reached > 1) throw new Error('stop'); }");
      assert.equal(await value("reached.toFixed(1)"), "'2.0'");
    });

    test("`import x = require()` and `const x = require()` are names like others", async () => {
      assert.equal(await value('import os = require("node:os"); typeof os.cpus()'), "'object'");
      await value(
        'const path = require("node:path") as typeof import("node:path"); const sep = () => path.sep;',
      );
      assert.match(await failure("os.nothing"), /Property 'nothing' does not exist/);
      assert.equal(await value('const path = { sep: "mine" }; [sep(), os.EOL]'), "[ 'mine', '\\n' ]");
    });

    test("names that emitted code has for itself can be the user's", async () => {
      const module = 'const module = await import("node:fs"); typeof module.readFileSync';
      assert.equal(await value(module), "'function'");
      assert.equal(await value("typeof module.statSync"), "'function'");
      assert.match(await failure("module.statSinc"), /'statSinc' does not exist/);
      const made = `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
require("node:path").sep`;
      assert.equal(await value(made), "'/'");
      assert.equal(
        await value('import fs from "node:fs"; [require("node:path").sep, typeof fs]'),
        "[ '/', 'object' ]",
      );
      assert.equal(
        await value('import * as module from "node:module"; typeof module.builtinModules'),
        "'object'",
      );
      assert.equal(await value("class module { a = 1 }\nnew module().a"), "1");
      kernel.put(
        "named.ts",
        `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const { exports } = { exports: 4 };
export const named = [require("node:path").sep, exports];`,
      );
      assert.equal(await value('import { named } from "./named.ts"; named'), "[ '/', 4 ]");
    });

    test("what code calls `exports` is its own", async () => {
      await value("const wasm = { exports: { add: (a: number, b: number) => a + b } };\nlet total = 1;");
      assert.equal(await value("{ const { exports } = wasm; total += exports.add(1, 2); }\ntotal"), "4");
      const inner = `import { sep } from "node:path";
const use = (exports: typeof wasm.exports) => { total++; return { exports, total, sep }; };
use(wasm.exports).exports.add(total, 0)`;
      assert.equal(await value(inner), "5");
      assert.equal(
        await value(
          "const { exports } = wasm; total = exports.add(2, 2); [total, { exports }.exports === exports]",
        ),
        "[ 4, true ]",
      );
      assert.equal(await value("const later = () => exports.add(total, 1); later()"), "5");
      assert.equal(await value('import { EOL } from "node:os"; exports.add(total, EOL.length)'), "5");
      assert.equal(await value("function exports() { return total; }\nexports()"), "4");
    });

    test("what a cell declares is known where its type cannot be written", async () => {
      await value("// @ts-nocheck\nconst Hidden = class { private y = 1; static z = 2 }; class Plain {}");
      assert.equal(await value("[Hidden.z, typeof Plain, typeof profile]"), "[ 2, 'function', 'function' ]");
      await value(
        'const [one, { inspector }] = [1, { inspector: await import("node:inspector/promises") }];',
      );
      assert.equal(await value("[one.toFixed(), typeof inspector.Session]"), "[ '1', 'function' ]");
      await value('function load(name = "x") { return import("node:fs"); }');
      assert.equal(await value("typeof (await load()).statSync"), "'function'");
      assert.match(await failure("load(1)"), /'number' is not assignable to parameter of type 'string'/);
      assert.match(await failure("one.nothing"), /'nothing' does not exist on type 'number'/);
    });

    test("a cell may end in the word `global`", async () => {
      assert.match((await value("const last = 1;\nglobal"))!, /\[global\]/);
    });

    test("functions and classes keep their names, and functions have no `this`", async () => {
      const code = "const arrow = () => 1; const Made = class {}; [arrow.name, Made.name]";
      assert.equal(await value(code), "[ 'arrow', 'Made' ]");
      await value("function self(this: unknown) { return this === undefined; }");
      assert.equal(await value("self()"), "true");
      await value("function generic<T>(this: unknown, _: T) { return this === undefined; }");
      assert.equal(await value("(generic<number>)(1)"), "true");
    });

    test("what `using` holds lives to the end of the cell, and its name longer", async () => {
      const { iopub } =
        await kernel.execute(`using held = { n: 5, [Symbol.dispose]: () => console.log("held gone") };
await using later = { [Symbol.asyncDispose]: async () => console.log("later gone") };
console.log("cell ends");
held.n`);
      assert.equal(printed(iopub), "cell ends\nlater gone\nheld gone\n");
      assert.equal(result(iopub)?.["text/plain"], "5");
      assert.equal(await value("held.n"), "5");
    });

    test("standard decorators, generics, a cell of types alone", async () => {
      const { iopub } = await kernel.execute(`
function logged<F extends (...list: never[]) => unknown>(method: F, context: ClassMethodDecoratorContext): F {
  console.log(context.kind, String(context.name));
  return method;
}
class Worker { @logged run() { return this.#secret; } #secret = 3; accessor level = 1; }
new Worker().run()`);
      assert.equal(printed(iopub), "method run\n");
      assert.equal(result(iopub)?.["text/plain"], "3");
      assert.equal(
        await value("interface Pair<T> { both: [T, T] }\ntype Numbers = Pair<number>;"),
        undefined,
      );
      assert.equal(await value("const pair: Numbers = { both: [1, 2] }; pair.both[1]"), "2");
    });

    test("code that is pasted from a module, and declarations of globals", async () => {
      await value(
        "export const pasted = 1;\nexport default function main() { return pasted + 1; }\nexport { pasted as other };",
      );
      assert.equal(await value("main()"), "2");
      assert.equal(
        await value("export type Kind = 'a';\nconst text = 'export const x';\nexport default text.length"),
        "14",
      );
      await value("declare global { var shared: { n: number } }\nglobalThis.shared = { n: 4 };");
      for (const code of ["1", "const between = 2;"]) await value(code);
      assert.equal(await value("globalThis.shared.n"), "4");
    });

    test("what this version of Node has of the language is known, and nothing else", async () => {
      for (const name of [
        ...[
          "Object.groupBy",
          "Promise.withResolvers",
          "Set.prototype.union",
          "Array.fromAsync",
          "Promise.try",
        ],
        ...[
          "RegExp.escape",
          "Error.isError",
          "''.isWellFormed",
          "Iterator.from",
          "Float16Array",
          "[].toSorted",
        ],
      ]) {
        const isThere: boolean = new Function(
          `try { return ${name} !== undefined } catch { return false }`,
        )();
        const { reply } = await kernel.execute(`void ${name}`);
        assert.equal(reply.status, isThere ? "ok" : "error", `${name}: ${reply.evalue}`);
      }
    });

    test("top-level await in all its forms", async () => {
      assert.equal(await value("await (async () => 5)()"), "5");
      assert.equal(
        await value("let sum = 0; for await (const n of [1, Promise.resolve(2)]) sum += n;\nsum"),
        "3",
      );
      assert.equal(await value("const [x, y] = await Promise.all([1, 2]); x + y"), "3");
    });

    test("a cell that fails half-way keeps what it declared, and what it did not come to is as before", async () => {
      await value("let state = 'old'; class Early { }");
      await failure("const reached = 5; throw new Error('stop'); let state = 6; class Late { }");
      assert.equal(await value("[reached, state.toUpperCase()]"), "[ 5, 'OLD' ]");
      assert.match(await failure("new Late()"), /Cannot find name 'Late'/);
    });
  },
);
