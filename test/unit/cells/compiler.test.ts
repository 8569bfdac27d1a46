import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";
import { stripVTControlCharacters } from "node:util";
import type { CellError, CompiledCell } from "../../../kernel/cells/compilation.js";
import { Compiler } from "../../../kernel/cells/compiler.js";

// An empty folder, unrelated to the package: what cells find there they find by the kernel alone.
const folder = mkdtempSync(join(tmpdir(), "proflab-compiler-"));
const home = process.cwd();
let compiler: Compiler;
let number = 0;

before(() => {
  process.chdir(folder);
  compiler = new Compiler();
});
after(() => {
  compiler.close();
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

function compiled(code: string): CompiledCell {
  const compilation = compiler.compile(code, ++number);
  assert.ok("cell" in compilation, JSON.stringify(compilation));
  compiler.commit(number);
  return compilation.cell;
}

function refused(code: string): CellError {
  const compilation = compiler.compile(code, ++number);
  assert.ok("error" in compilation, `compiled: ${code}`);
  const { ename, evalue, traceback } = compilation.error;
  return { ename, evalue, traceback: traceback.map(stripVTControlCharacters) };
}

function completed(code: string): string[] {
  return compiler.complete(code, code.length).matches.map(({ text }) => text);
}

describe("modules of Node whose declarations are read when they are named", () => {
  for (const [code, message] of [
    [
      "import * as cluster from 'node:cluster';\nconst n: number = cluster.default;",
      "Type 'Cluster' is not assignable",
    ],
    [
      "let session: import('inspector/promises').Session = 1;",
      "Type 'number' is not assignable to type 'Session'",
    ],
    ["const { test } = await import('node:test');\ntest(1, 2, 3, 4);", "Expected 0-3 arguments, but got 4"],
    [
      "const w: number = process.getBuiltinModule('wasi');",
      "Type 'typeof import(\"wasi\")' is not assignable",
    ],
  ])
    test(code, () => assert.ok(refused(code).evalue.includes(message), refused(code).evalue));

  test("they are completed like any other", () => {
    assert.ok(completed("import x from 'node:trace").includes("node:trace_events"));
  });
});

describe("cells that stock TypeScript and the converter must agree on", () => {
  for (const code of [
    "await (async () => 5)()",
    "await(Promise.resolve(1))",
    "for await (const item of [1, 2]) item",
    "using resource = { [Symbol.dispose]() {} };",
    "await using later = { async [Symbol.asyncDispose]() {} };",
    "const { a, b: [c] } = { a: 1, b: [2] };",
    "enum Color { red }\nnamespace N { export const x = 1 }\nabstract class Shape { abstract area(): number }",
    "import { readFile } from 'node:fs/promises';\nimport type { Stats } from 'node:fs';",
    "const untyped = (x) => x;\nlet unused = 1;",
    "try { throw new Error('x') } catch (error) { error.message }",
    "const trace: Partial<Plotly.Layout> = { title: { text: 'a' } };",
    "import * as tslab from 'tslab'; tslab.display.html('<b>');",
    "",
    "// only a comment",
  ]) {
    test(JSON.stringify(code), () => void compiled(code));
  }
});

test("a variable that is declared again is known to all later cells", () => {
  for (const code of [
    "let twice = 0;",
    "let twice = 0;",
    "1 + 1",
    "twice",
    "let twice = 'text';",
    "1",
    "1",
    "twice.length",
  ])
    compiled(code);
});

test("the last expression is kept, also after `using`", () => {
  assert.match(compiled("1 + 1").code, /__cell\.last = 1 \+ 1;/);
  assert.match(compiled("using kept = { [Symbol.dispose]() {} };\n7").code, /__cell\.last = 7;/);
  assert.doesNotMatch(compiled("const notAnExpression = 1;").code, /__cell\.last/);
});

test("names of earlier cells are found wherever they stand", () => {
  compiled("const point = { x: 1, y: { z: 2 } }; let x = 3; function twice(n: number) { return 2 * n; }");
  for (const [code, expected] of [
    ["const { x: first, y: { z } } = point;", "const { x: first, y: { z } } = exports.point;"],
    ["({ x = 5 } = point as { x?: number });", "({ x: exports.x = 5 } = exports.point)"],
    ["(twice as (n: number) => number)(x!)", "(0, exports.twice)(exports.x)"],
    ["[1].map((x) => twice!(x))", "[1].map((x) => (0, exports.twice)(x))"],
    [
      "const made = { x, twice, point: 1 };",
      "const made = { x: exports.x, twice: exports.twice, point: 1 };",
    ],
    ["let same: typeof x = 1;", "let same = 1;"],
    ["const keep = <x,>(value: x) => value;", "const keep = (value) => value;"],
  ] as const)
    assert.ok(compiled(code).code.includes(expected), compiled(code).code);
});

test("a name may begin with underscores", () => {
  compiled("const __a = 1, ___b = 2, _c = 3; function __f() { return __a; } interface __I { a: number }");
  assert.match(
    compiled("const i: __I = { a: __a + ___b + _c }; __f()").code,
    /exports\.__a \+ exports\.___b \+ exports\._c/,
  );
  compiled("let __a = 'text';");
  compiled("__a.length + ___b");
});

test("declarations carry over, and can be shadowed with another type", () => {
  compiled("const carried = 1;\ninterface Point { x: number }");
  compiled("const point: Point = { x: carried };");
  assert.match(compiled("carried + 1").code, /exports\.carried/);
  compiled("const carried = 'now text';");
  compiled("carried.toUpperCase()");
});

test("a name that is declared again outlives the cells that follow", () => {
  for (let i = 0; i < 2; i++) compiled("let again = 1;");
  for (let i = 0; i < 2; i++) compiled("if (0) throw 1;");
  compiled("again");
});

test("globals are known and can be shadowed", () => {
  compiled("display(1)");
  assert.match(refused("display(1, { updat: true })").evalue, /updat/);
  compiled("const clearOutput = 3;");
  compiled("clearOutput.toFixed()");
});

test("a type error names the cell, line and column, and marks the place", () => {
  const { ename, evalue, traceback } = refused("// first\nconst wrong: number = 'text';");
  assert.equal(ename, "TypeScriptError");
  assert.equal(evalue, "TS2322: Type 'string' is not assignable to type 'number'.");
  assert.deepEqual(traceback, [
    `In[${number}]:2:7 - error TS2322: Type 'string' is not assignable to type 'number'.`,
    "2 const wrong: number = 'text';",
    `        ${"^".repeat(5)}`,
  ]);
});

test("null is checked, and a syntax error is called one", () => {
  assert.match(refused("const maybe = 'a'.match(/a/);\nmaybe.length").evalue, /TS18047/);
  assert.equal(refused("const = 3").ename, "SyntaxError");
  assert.match(refused("const f = () => { await 1 }").evalue, /TS1308/);
});

test("a failed cell leaves the variables that it reached", () => {
  compiler.compile("const reached = 1;\nconst missed = 2;", ++number);
  compiler.commit(number, ["missed"]);
  compiled("reached + 1");
  assert.match(refused("missed + 1").evalue, /TS2304/);
});

test("a cell that is a module can be imported", () => {
  compiled("/** @module shared */\nexport const answer = 42;");
  const { sideFiles } = compiled("import { answer } from './shared';\nanswer");
  assert.match(sideFiles[0].path, /shared\.js$/);
});

test("a finding in a cell that is a module shows the cell, not a file of that name", () => {
  writeFileSync(join(folder, "noted.ts"), "on disk\n".repeat(5));
  const { traceback } = refused("/** @module noted */\nexport const wrong: number = 'text';");
  assert.deepEqual(traceback.slice(1), [
    "2 export const wrong: number = 'text';",
    `               ${"^".repeat(5)}`,
  ]);
});

test("a line of a file of Windows ends where it ends", () => {
  writeFileSync(join(folder, "windows.ts"), "// one\r\nexport const wrong: number = 'text';\r\n");
  const { traceback } = refused("import { wrong } from './windows';");
  assert.equal(traceback[1], "2 export const wrong: number = 'text';");
});

test("words in comments, strings and names do not send a cell the long way", () => {
  const plain = "// import enum namespace @\nconst declare = { module: 'global', using: 1 };\ndeclare.using";
  assert.equal(compiled(plain).sourceMaps.length, 1);
  for (const code of [
    "enum Way { long }",
    "import 'node:os';",
    "using long = null;",
    "declare const long: number;",
    "await import('node:os');",
  ])
    assert.equal(compiled(code).sourceMaps.length, 2, code);
});

describe("completion", () => {
  test("members, globals, earlier cells and option names", () => {
    compiled("const measured = { depth: 1, samples: 2 };");
    assert.ok(completed("Math.a").includes("abs"));
    assert.deepEqual(completed("measured."), ["depth", "samples"]);
    assert.ok(completed("measur").includes("measured"));
    assert.ok(completed("displ").includes("display"));
    assert.ok(completed("display(1, { ").includes("display_id"));
    assert.ok(completed("process.st").includes("stdout"));
  });

  test("the replaced range is the name before the cursor", () => {
    const { start, end } = compiler.complete("let x = Math.ab", 15);
    assert.deepEqual([start, end], [13, 15]);
  });

  test("names that begin with $ or _ come last", () => {
    compiled("const mixed = { $inner: 1, _own: 2, open: 3 };");
    assert.deepEqual(completed("mixed."), ["open", "_own", "$inner"]);
  });

  test("a cell that does not parse completes", () => {
    assert.ok(completed("if (true) { Math.").includes("abs"));
  });
});

describe("inspection", () => {
  test("a name has its signature and its documentation", () => {
    const found = compiler.inspect("display(1)", 3);
    assert.match(
      found!.signature,
      /^(function )?display\(value: unknown, options\?: DisplayOptions\): Promise<void>$/,
    );
    assert.match(found!.documentation, /^Shows a value under the cell/);
  });

  test("inside the brackets of a call it is the function's", () => {
    assert.match(compiler.inspect("display(1, ", 11)!.signature, /display\(value/);
    assert.match(compiler.inspect("Math.max(Math.abs(1), ", 22)!.signature, /max/);
  });

  test("where there is nothing there is nothing", () => {
    assert.equal(compiler.inspect("   ", 1), undefined);
  });
});

test("a text is complete, incomplete or invalid", () => {
  const status = (code: string) => compiler.isComplete(code);
  for (const code of ["1", "const f = () => {};", "await (1)", ""])
    assert.equal(status(code).status, "complete");
  for (const code of ["f(", "x +", "`abc", "/* x", "import {"])
    assert.equal(status(code).status, "incomplete", code);
  for (const code of ["const = 3", "a b c", ")"]) assert.equal(status(code).status, "invalid", code);
  assert.deepEqual(status("if (x) {"), { status: "incomplete", indent: "  " });
});
