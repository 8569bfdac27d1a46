import assert from "node:assert/strict";
import test from "node:test";
import { Compiler } from "../../../kernel/cells/compiler.js";

/** Codes that the compiler has against a cell when the kernel was started with such a variable. */
function findings(variable: string | undefined, ...cells: string[]): string[] {
  const before = process.env.PROFLAB_TYPE_CHECK;
  if (variable !== undefined) process.env.PROFLAB_TYPE_CHECK = variable;
  const compiler = new Compiler();
  try {
    return cells.map((code, number) => {
      const compilation = compiler.compile(code, number);
      return "error" in compilation ? compilation.error.evalue.slice(0, 6) : "";
    });
  } finally {
    compiler.close();
    if (before === undefined) delete process.env.PROFLAB_TYPE_CHECK;
    else process.env.PROFLAB_TYPE_CHECK = before;
  }
}

const WRONG = "const text: string = 1;";
const QUICK =
  "const self = function () { return this }; const twice = (x) => 2 * x; let unused = 1; try { twice(1) } catch (error) { error.message }";

test("cells are checked strictly, but for what a quick line does", () => {
  assert.deepEqual(findings(undefined, WRONG, QUICK, "'a'.match(/a/).length"), ["TS2322", "", "TS2531"]);
});

test("PROFLAB_TYPE_CHECK asks for more, or for nothing", () => {
  assert.deepEqual(findings("strict", WRONG, QUICK), ["TS2322", "TS2683"]);
  assert.deepEqual(findings("off", WRONG, QUICK, "const = 1"), ["", "", "TS1134"]);
});

test("a first line of `// @ts-nocheck` switches the check of a cell off, and of no other", () => {
  const cells = [
    `// @ts-nocheck\n${WRONG}`,
    `// a remark   \n\n  // @ts-nocheck: quick\n${WRONG}`,
    `%%time\n// @ts-nocheck\n${WRONG}`,
    `// @ts-nocheck\nconst = 1`,
    `${WRONG}\n// @ts-nocheck`,
    `${"// not it // \n".repeat(2000)}${WRONG}`,
  ];
  assert.deepEqual(findings(undefined, ...cells), ["", "", "", "TS1134", "TS2322", "TS2322"]);
});

test("what an unchecked cell declares is known to later cells where its type cannot be written", () => {
  const compiler = new Compiler();
  const hidden = "// @ts-nocheck\nclass Derived extends class { private z = 1 } {}\nconst other = 1;";
  assert.ok("cell" in compiler.compile(hidden, 1));
  assert.match(compiler.commit(1), /^declare let Derived: any;\ndeclare let other: any;\n.*import/s);
  assert.ok("cell" in compiler.compile("new Derived(); typeof profile;", 2));
  compiler.close();
});
