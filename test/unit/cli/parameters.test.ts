import assert from "node:assert/strict";
import test from "node:test";
import { runInNewContext } from "node:vm";
import ts from "typescript";
import type { Notebook } from "../../../kernel/cli/notebook/notebook-file.js";
import {
  assignment,
  inferredValue,
  injectParameters,
  parametersCode,
  type Value,
} from "../../../kernel/cli/notebook/parameters.js";

/** What papermill 2.7's command line makes of the same words, and TypeScript's own spellings. */
const WORDS: [word: string, value: Value][] = [
  ["True", true],
  ["False", false],
  ["None", null],
  ["true", true],
  ["false", false],
  ["null", null],
  ["12", 12],
  ["-7", -7],
  ["+7", 7],
  ["1.5", 1.5],
  [".5", 0.5],
  ["1e3", 1000],
  ["nan", Number.NaN],
  ["-inf", -Infinity],
  ["Infinity", Infinity],
  ["12345678901234567890", 12345678901234567890n],
  ["", ""],
  ["0x10", "0x10"],
  ["1.2.3", "1.2.3"],
  ["10s", "10s"],
  ["true story", "true story"],
];

test("words of the command line become values as papermill infers them", () => {
  for (const [word, value] of WORDS) assert.deepEqual(inferredValue(word), value, word);
});

test("a value is what stands behind the first =", () => {
  assert.deepEqual(assignment("-p", "query=a=b"), ["query", "a=b"]);
  assert.deepEqual(assignment("-p", "größe="), ["größe", ""]);
  for (const wrong of ["x", "=1", "a b=1", "1a=2", "a;b=1"])
    assert.throws(() => assignment("-p", wrong), { name: "UsageError" });
});

const VALUES: Record<string, Value> = {
  quotes: 'it\'s "quoted" `and` $ {so on} \\n',
  lines: "one\ntwo\r\n\ttab \u2028 \u0085 \0",
  unicode: "żółć 🔥 \u{1F469}\u200D\u{1F4BB} \ud800",
  nan: Number.NaN,
  least: -Infinity,
  zero: -0,
  big: 2n ** 70n,
  nothing: null,
  yes: true,
  list: [1, "a", null, [true, []], { a: [Number.NaN] }],
  empty: {},
  dict: { "a-b": 1, "": "x", 2: { nested: "y" } },
};

test("each value is the same again in TypeScript, which finds no fault with the code", () => {
  const code = parametersCode(new Map(Object.entries(VALUES)));
  const found = runInNewContext(
    `${ts.transpile(code, { target: ts.ScriptTarget.ES2022 })};[${Object.keys(VALUES)}]`,
  );
  // The objects are of another realm: only their contents are compared.
  for (const [i, [name, value]] of Object.entries(VALUES).entries())
    assert.deepEqual(structuredClone(found[i]), value, name);
  const { diagnostics } = ts.transpileModule(code, { reportDiagnostics: true });
  assert.deepEqual(diagnostics, []);
});

test("a member named __proto__ is a member", () => {
  const value = JSON.parse('{"__proto__": {"a": 1}}') as Value;
  const code = ts.transpile(parametersCode(new Map([["p", value]])));
  assert.deepEqual(runInNewContext(`${code};Object.keys(p)`).join(), "__proto__");
});

function notebook(): Notebook {
  const cell = (source: string, tags: string[]) => ({
    ...{ cell_type: "code", id: source.slice(0, 3), source },
    metadata: { tags },
    ...{ execution_count: null, outputs: [] },
  });
  return {
    cells: [cell("import fs from 'fs';", []), cell("let pid = 1;", ["parameters"]), cell("pid", [])],
    ...{ metadata: {}, nbformat: 4, nbformat_minor: 5 },
  };
}

test("parameters stand behind their defaults, or at the top; a second time they replace the first", () => {
  const book = notebook();
  assert.deepEqual(injectParameters(book, new Map([["pid", 7]])), []);
  assert.equal(book.cells[2].source, "// Parameters\nlet pid = 7;\n");
  const { id } = book.cells[2];
  assert.match(id!, /^[a-f0-9]{8}$/);
  assert.match(injectParameters(book, new Map([["$pid", 8]]))[0], /knows no \$pid/);
  assert.equal(book.cells.length, 4);
  assert.deepEqual([book.cells[2].id, book.cells[2].source], [id, "// Parameters\nlet $pid = 8;\n"]);
  const untagged = notebook();
  untagged.cells.splice(1, 1);
  untagged.nbformat_minor = 4;
  assert.match(injectParameters(untagged, new Map([["pid", 7]]))[0], /no cell is tagged/);
  assert.deepEqual(untagged.cells[0].metadata.tags, ["injected-parameters"]);
  assert.equal(untagged.cells[0].id, undefined); // not before nbformat 4.5
});
