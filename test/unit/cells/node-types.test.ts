import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { nodeTypes } from "../../../kernel/cells/node-types.js";

const INDEX = createRequire(import.meta.url)
  .resolve("@types/node/package.json")
  .replace(/package\.json$/, "index.d.ts");
const FOLDER = dirname(INDEX);
const REFERENCE = /^\/\/\/ <reference path="([^"]+)" \/>$/gm;
const MODULE = /^declare module "([^"]+)"/gm;
const RARE = /^(?:node:)?(?:cluster|domain|http2|inspector|punycode|repl|sea|test|trace_events|wasi)\b/;

function matches(text: string, what: RegExp): string[] {
  return [...text.matchAll(what)].map(([, name]) => name);
}

test("Node's common declarations are in one file, none left out", () => {
  const whole = nodeTypes(join(FOLDER, "globals.d.ts"))!;
  const onDisk = matches(readFileSync(INDEX, "utf8"), REFERENCE).flatMap((name) =>
    matches(readFileSync(join(FOLDER, name), "utf8"), MODULE),
  );
  assert.deepEqual(matches(whole.text, MODULE).sort(), onDisk.filter((name) => !RARE.test(name)).sort());
  assert.equal(matches(whole.text, REFERENCE).length, 0);
});

test("what Node's list still names are modules, and the file of all", () => {
  const list = matches(nodeTypes(INDEX)!.text, REFERENCE);
  assert.ok(list.includes("globals.d.ts"));
  for (const name of list.filter((name) => name !== "globals.d.ts"))
    assert.match(readFileSync(join(FOLDER, name), "utf8"), /^export\b/m, name);
});

test("the files that the declarations were made of are on disk; other files are none of Node's list", () => {
  const { files } = nodeTypes(join(FOLDER, "globals.d.ts"))!;
  assert.ok(files.length > 40);
  for (const file of files) assert.ok(statSync(file).isFile());
  assert.equal(nodeTypes(join(FOLDER, "fs.d.ts")), undefined);
  assert.equal(nodeTypes("/missing/@types/node/index.d.ts"), undefined);
});
