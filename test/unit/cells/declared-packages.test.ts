import { deepStrictEqual } from "node:assert";
import { test } from "node:test";
import ts from "typescript";
import { bundledTypes } from "../../../kernel/cells/globals.js";

test("what cells are checked against needs the declarations of Node and plotly.js alone", () => {
  // Each package adds its files to every cell: a client of a database 160, a third more time and memory.
  const { proflab } = bundledTypes();
  const options = { moduleResolution: ts.ModuleResolutionKind.NodeNext, module: ts.ModuleKind.NodeNext };
  const program = ts.createProgram([proflab], { ...options, types: [], noLib: true });
  const packages = program
    .getSourceFiles()
    .flatMap(({ fileName }) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(fileName)?.[1] ?? []);
  deepStrictEqual([...new Set(packages)].sort(), ["@types/node", "@types/plotly.js", "undici-types"]);
});
