import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { Compiler } from "../../../kernel/cells/compiler.js";
import { PRELUDE } from "../../../kernel/cells/globals.js";

const folder = mkdtempSync(join(tmpdir(), "proflab-exchange-"));
after(() => rmSync(folder, { recursive: true }));

/** What a program that is kept from cell to cell could get wrong: names that change their meaning, and what was found before. */
const CELLS = [
  "let x = 1; x",
  "x.toFixed()",
  "let x = 'a'",
  "x.toFixed()", // the same text as before, and now wrong
  "x.toFixed()", // and once more
  "x.length",
  "const wrong: number = 'text'",
  "const wrong: number = 'text'",
  "const wrong: number = 2",
  "// @ts-expect-error\nconst n: number = 'text'",
  "// @ts-expect-error\nconst n: number = 3",
  "interface Point { x: number }\nconst p: Point = { x: 1 }",
  "interface Point { x: string }\nconst q: Point = { x: 'a' }",
  "p.x + 1; q.x.length",
  "const both = [p, q]; both",
  "class A { #secret = 1; static of() { return new A() } }",
  "const a: A = A.of()",
  "class A { other = 2 }\nconst b: A = new A()",
  "const c: A = a",
  "import * as fs from 'node:fs'\nconst text = fs.readFileSync('/etc/hostname', 'utf8')",
  "text.trim(); fs.existsSync(text)",
  "const frame = await profile(() => 1)",
  "frame.query('samples > 1')",
  "frame.value.toFixed()",
  "declare global { interface Array<T> { own: T } }",
  "[1].own.toFixed()",
  "[1].own.trim()",
  "declare global { interface Array<T> { other: T } }",
  "[1].other",
  "declare module 'made-up' { export const made: number }",
  "import { made } from 'made-up'",
  "made.toFixed()",
  "import { missing } from 'made-up'",
  "enum Color { Red, Green }\nnamespace Space { export const depth = 1 }",
  "Color.Red; Space.depth",
  "const Color = 'red'",
  "Color.length",
  "for (const i of [1, 2]) x += i;\nx",
  "const http2 = process.getBuiltinModule('http2')",
  "http2.constants.nope",
  "function over(a: string): string\nfunction over(a: number): number\nfunction over(a: any) { return a }",
  "over(1).toFixed() + over('a').trim()",
  "over(true)",
  "if (x) { var inner = 1 }",
  "inner.toFixed()",
];

test("a cell means the same in a program that is kept and in a new one", () => {
  const kept = new Compiler(folder);
  const declarations = [PRELUDE];
  const found = CELLS.map((code, index) => {
    // Leaves findings of an unfinished text behind.
    if (index % 3 === 0) kept.complete(`${code}\nMath.fl`, code.length + 8);
    const made = compile(kept, code, index);
    if (index % 4 !== 0) kept.prepare();
    declarations.push(made.declarations);
    return made;
  });
  kept.close();
  for (const [index, code] of CELLS.entries()) {
    const fresh = new Compiler(folder);
    fresh.restore(declarations[index]);
    assert.deepEqual(found[index], compile(fresh, code, index), `cell ${index}: ${code}`);
    fresh.close();
  }
});

test("what is found in a cell is found however many cells came before", () => {
  const compiler = new Compiler(folder);
  for (let i = 0; i < 150; i++) {
    const good = compile(compiler, `const value${i}: number = ${i};\nvalue${i} + 1`, 2 * i);
    assert.ok("cell" in good.compilation, JSON.stringify(good.compilation));
    if (i % 20 !== 0) continue;
    const bad = compile(compiler, `value${i}.trim()`, 2 * i + 1);
    assert.ok("error" in bad.compilation && bad.compilation.error.evalue.includes("'trim' does not exist"));
  }
  compiler.close();
});

function compile(compiler: Compiler, code: string, number: number) {
  const compilation = compiler.compile(code, number);
  if (number % 2 === 0) compiler.prepare(); // as the process does while the cell runs
  return { compilation, declarations: compiler.commit(number) };
}
