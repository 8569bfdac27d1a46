import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import ts from "typescript";
import { Compiler } from "../../../kernel/cells/compiler.js";
import { declarationFile, recheckDeclarationFiles } from "../../../kernel/cells/declaration-files.js";
import { PRELUDE } from "../../../kernel/cells/globals.js";
import { keepProgram, takeProgram } from "../../../kernel/cells/snapshot-program.js";

const folder = mkdtempSync(join(tmpdir(), "proflab-snapshot-"));
after(() => rmSync(folder, { recursive: true }));

const types = join(folder, "shared/@types");
mkdirSync(join(types, "thing"), { recursive: true });
const declarations = join(types, "thing/index.d.ts");
writeFileSync(declarations, "declare const thing: number;\n");

/** Options for the cells of a folder. */
function optionsFor(name: string, more: ts.CompilerOptions = {}): ts.CompilerOptions {
  const rootDir = join(folder, name);
  mkdirSync(rootDir, { recursive: true });
  const typeRoots = [join(rootDir, "node_modules/@types"), types];
  return { rootDir, typeRoots, types: ["thing"], noLib: true, outDir: "out", ...more };
}

function rootOf({ rootDir }: ts.CompilerOptions): string[] {
  return [join(rootDir!, "cell.ts")];
}

function programFor(options: ts.CompilerOptions): ts.Program {
  const [root] = rootOf(options);
  const host = ts.createCompilerHost(options);
  host.getSourceFile = (path, version) =>
    path === root
      ? ts.createSourceFile(path, "export const doubled = thing * 2;", version, true)
      : declarationFile(path, () => ({ text: readFileSync(path, "utf8"), files: [path] }), version);
  return ts.createProgram([root], options, host);
}

function taken(options: ts.CompilerOptions): ts.Program | undefined {
  return takeProgram(rootOf(options), options, ts.sys);
}

test("a program that was kept is taken once, as one of another folder", () => {
  const program = programFor(optionsFor("a"));
  assert.equal(program.getSemanticDiagnostics().length, 0);
  program.emit(undefined, (name) => assert.equal(name, "out/cell.js"));
  keepProgram(program);
  const options = optionsFor("b");
  assert.equal(taken(options), program);
  assert.deepEqual(program.getRootFileNames(), rootOf(options));
  assert.ok(program.getSourceFile(rootOf(options)[0]));
  assert.equal(program.getSourceFile(join(folder, "a/cell.ts")), undefined);
  assert.deepEqual(program.getCompilerOptions(), options);
  program.emit(undefined, (name) => assert.equal(name, "out/cell.js"));
  assert.equal(taken(options), undefined);
});

test("it is not taken where other options hold", () => {
  keepProgram(programFor(optionsFor("a")));
  assert.equal(taken(optionsFor("b", { noImplicitAny: true })), undefined);
});

test("it is not taken where a folder has other types", () => {
  const options = optionsFor("own");
  cpSync(types, join(options.rootDir!, "node_modules/@types"), { recursive: true });
  keepProgram(programFor(optionsFor("a")));
  assert.equal(taken(options), undefined);
});

test("it is not taken when a file has changed since", () => {
  keepProgram(programFor(optionsFor("a")));
  writeFileSync(declarations, "declare const thing: string; // changed\n");
  recheckDeclarationFiles();
  assert.equal(taken(optionsFor("b")), undefined);
});

test("cells mean the same in a program that another compiler left", () => {
  writeFileSync(join(folder, "side.ts"), "export const side: number = 1;\n");
  const few = [
    "1 + 1",
    "let x = 1",
    "x.trim()",
    "x + 1",
    "import { side } from './side.ts'\nside",
    "side.trim()",
  ];
  const many = Array.from({ length: 60 }, (_, i) => `x = ${i}`);
  const last = ["x.trim()", "await profile(() => x)", "import * as os from 'node:os'\nos.cpus().length"];
  const first = new Compiler("/");
  first.compile("const x = 'text'; x", 0);
  first.bequeath();
  const heir = new Compiler(folder);
  let before = PRELUDE;
  for (const [index, code] of [...few, ...many, ...last].entries()) {
    const found = compile(heir, code, index);
    if (!many.includes(code)) {
      const fresh = new Compiler(folder);
      fresh.restore(before);
      assert.deepEqual(found, compile(fresh, code, index), code);
      fresh.close();
    }
    before = found.declarations;
  }
  heir.close();
});

/** What is made of a cell; the folder of its source stands in the source map, which nobody reads there. */
function compile(compiler: Compiler, code: string, number: number) {
  const compilation = compiler.compile(code, number);
  const text = JSON.stringify(compilation).replaceAll(/\\"sources\\":\[[^\]]*\]/g, "");
  return { text, declarations: compiler.commit(number) };
}
