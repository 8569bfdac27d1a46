import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, describe, test } from "node:test";
import { parametersCode, type Value } from "../../kernel/cli/notebook/parameters.js";
import { type NotebookCell, plainText } from "../helpers/notebook.js";

const ROOT = resolve(import.meta.dirname, "../../..");
const VENV = process.env.PROFLAB_VENV ?? join(ROOT, ".venv");
const folder = mkdtempSync(join(tmpdir(), "proflab-papermill-"));
after(() => rmSync(folder, { recursive: true }));
const skip =
  !existsSync(join(VENV, "bin/papermill")) && process.env.REQUIRE_BPF !== "1" && "no papermill here";

const VALUES: Record<string, Value> = {
  quotes: 'it\'s "quoted" `and` $ {so on} \\n \\',
  lines: "one\ntwo\r\n\ttab \u2028 \u0085 \0",
  unicode: "żółć 🔥 \u{1F469}\u200D\u{1F4BB}",
  whole: -12,
  fraction: 0.1,
  large: 1.5e300,
  yes: true,
  no: false,
  nothing: null,
  empty: [],
  numbers: [1, 2.5, -3],
  mixed: [1, "a", null, [true, []], { a: ["\u2029"] }],
  dict: { "a-b": 1, "": "x", nested: { "2": [{}] } },
};

/** papermill's parameters are YAML: JSON, but for line separators, which it folds, NaN, and what is infinite. */
const JSON_TEXT = JSON.stringify(VALUES).replace(
  /[\u0085\u2028\u2029]/g,
  (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
);
const YAML = `${JSON_TEXT.slice(0, -1)}, "nan": .nan, "least": -.inf, "big": ${2n ** 70n}}`;
const ALL = new Map<string, Value>([
  ...Object.entries(VALUES),
  ["nan", Number.NaN],
  ["least", -Infinity],
  ["big", 2n ** 70n],
]);

function notebook(name: string, cells: { source: string; tags?: string[] }[]): string {
  const path = join(folder, `${name}.ipynb`);
  const list = cells.map(({ source, tags = [] }, i) => ({
    ...{ cell_type: "code", id: `cell-${i}`, source, metadata: { tags } },
    ...{ outputs: [], execution_count: null },
  }));
  const kernelspec = { name: "proflab", language: "typescript", display_name: "TypeScript (proflab)" };
  const metadata = { kernelspec, language_info: { name: "typescript" } };
  writeFileSync(path, JSON.stringify({ cells: list, metadata, nbformat: 4, nbformat_minor: 5 }));
  return path;
}

function papermill(...list: string[]) {
  return spawnSync(join(VENV, "bin/papermill"), list, {
    encoding: "utf8",
    cwd: folder,
    env: { ...process.env, PYTHONWARNINGS: "ignore" },
    timeout: 120_000,
  });
}

/** papermill notes the parameters in the metadata, and Python writes NaN there, which is no JSON. */
function cellsOf(path: string): NotebookCell[] {
  const text = readFileSync(path, "utf8").replace(/: (-?Infinity|NaN)(?=,?$)/gm, ": null");
  return JSON.parse(text).cells;
}

const source = (cell: NotebookCell) => [cell.source].flat().join("");

describe("papermill", { skip }, () => {
  const defaults = [...ALL.keys()].map((name) => `let ${name}: unknown = 0;`).join("\n");
  const path = notebook("all", [
    { source: defaults, tags: ["parameters"] },
    {
      source: `const bytes = (text: string) => [...Buffer.from(text)].join();
const all = { ${[...ALL.keys()].join(", ")} };
console.log(bytes(JSON.stringify(all, (_, value) => typeof value === "number" || typeof value === "bigint" ? String(value) : value)));`,
    },
  ]);

  test("sets every value as it is", () => {
    const output = join(folder, "all.out.ipynb");
    const { status, stderr } = papermill(path, output, "-y", YAML);
    assert.equal(status, 0, stderr);
    const [, injected, last] = cellsOf(output);
    assert.equal(source(injected), parametersCode(ALL)); // what `proflab run` writes, too
    const text = Buffer.from(plainText(last).split(",").map(Number)).toString();
    const asText = (_: string, value: unknown) =>
      typeof value === "number" || typeof value === "bigint" ? String(value) : value;
    assert.equal(text, JSON.stringify(Object.fromEntries(ALL), asText));
  });

  test("takes words of the command line, and says which parameter a notebook does not know", () => {
    const small = notebook("small", [
      { source: 'let title = "none"; // what it is about\nlet size: number = 1;', tags: ["parameters"] },
      { source: '[title, size * 2].join(", ")' },
    ]);
    const output = join(folder, "small.out.ipynb");
    const { status, stderr } = papermill(
      small,
      output,
      "-p",
      "title",
      "a b",
      "-p",
      "size",
      "21",
      "-p",
      "odd",
      "1",
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /unknown parameter: odd/);
    assert.equal(plainText(cellsOf(output)[2]), "'a b, 42'");
    const help = papermill(small, "--help-notebook").stdout;
    assert.match(help, /title: Unknown type \(default "none"\)\s+what it is about/);
    assert.match(help, /size: number \(default 1\)/);
  });

  test("keeps what was done when a cell fails", () => {
    const bad = notebook("bad", [
      { source: 'console.log("done");' },
      { source: 'throw new RangeError("no")' },
    ]);
    const output = join(folder, "bad.out.ipynb");
    const { status, stderr } = papermill(bad, output);
    assert.equal(status, 1);
    assert.match(stderr, /RangeError: no/);
    assert.ok(cellsOf(output).some((cell) => plainText(cell) === "done"));
  });
});
