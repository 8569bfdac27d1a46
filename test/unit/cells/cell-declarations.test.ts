import assert from "node:assert/strict";
import test from "node:test";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import ts from "typescript";
import { cellDeclarations } from "../../../kernel/cells/cell-declarations.js";

const OPTIONS = { declaration: true, noLib: true, target: ts.ScriptTarget.ESNext };

test("what a file declares is made once a program, and keeps no program alive", async () => {
  const file = ts.createSourceFile("side.ts", "export const n: number = 1;", ts.ScriptTarget.ESNext);
  const program = () => {
    const host = { ...ts.createCompilerHost(OPTIONS), getSourceFile: () => file };
    return ts.createProgram(["side.ts"], OPTIONS, host);
  };
  const checked = () => {
    const made = program();
    const declarations = cellDeclarations(made, file);
    assert.equal(declarations.text, "export declare const n: number;\n");
    assert.equal(cellDeclarations(made, file), declarations);
    return new WeakRef(made);
  };
  const last = checked();
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let turn = 0; turn < 100 && last.deref(); turn++) {
    await setTimeout(10);
    collect();
  }
  assert.equal(last.deref(), undefined);
  assert.equal(file.fileName, "side.ts"); // the file is alive
});
