import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/**
 * What profile() may see of other rooms: a cell's interrupt, and where its functions are; the sampler's protocol, where
 * its socket may be, and what ids are made from.
 */
const DOORS = [
  ...["interrupt.ts", "cell-function.ts"].map((file) => `kernel/cells/${file}`),
  ...["protocol.ts", "framing.ts", "private-directory.ts", "content-id.ts"].map(
    (file) => `bpf/sampler/${file}`,
  ),
];

/**
 * What formats may see of other rooms: what a profile is, which imports nothing, and what ids are made from.
 */
const FORMAT_DOORS = ["kernel/dataframe/profile-data.ts", "bpf/sampler/content-id.ts"];

/** What the unwind tables may see of the symbols: how files are read. */
const ELF_DOORS = [
  "elf-file.ts",
  "elf-symbols.ts",
  "symbol-rows.ts",
  "open-file.ts",
  "build-id.ts",
  "address.ts",
  "reason.ts",
].map((file) => `bpf/symbols/${file}`);

/** Each room, and what it may import beside itself and node: a room, or one file of it. */
const ROOMS: Record<string, string[]> = {
  "bpf/libbpf-ts": [],
  "bpf/symbols": ["bpf/libbpf-ts"],
  "bpf/unwind": ELF_DOORS,
  "bpf/sampler": ["bpf/unwind", "bpf/symbols", "bpf/libbpf-ts"],
  "kernel/display": [],
  "kernel/plot": ["kernel/display"],
  "kernel/formats": ["kernel/duckdb", ...FORMAT_DOORS],
  "kernel/duckdb": ["kernel/cells/interrupt.ts"],
  "kernel/recordings": ["kernel/duckdb", "kernel/dataframe/profile-data.ts"],
  "kernel/dataframe": [
    "kernel/plot",
    "kernel/formats",
    "kernel/recordings",
    "kernel/duckdb",
    "kernel/display",
    // Stacks that a verb makes have the ids of their content.
    "bpf/sampler/content-id.ts",
    "bpf/sampler/narrow.ts",
  ],
  "kernel/compare": ["kernel/dataframe", "kernel/plot", "kernel/display"],
  "kernel/profile": ["kernel/dataframe", "kernel/recordings", "kernel/display", ...DOORS],
  "kernel/cells": ["kernel/display"],
  "kernel/jupyter": ["kernel/cells", "kernel/display"],
  // The doctor samples for a moment, and asks libbpf and the capabilities themselves.
  "kernel/cli": [
    "kernel/jupyter",
    "kernel/profile",
    "kernel/dataframe",
    "kernel/formats/saved.ts",
    "bpf/libbpf-ts",
  ],
  "kernel/index.ts": [
    "kernel/compare",
    "kernel/dataframe",
    "kernel/formats",
    "kernel/recordings",
    "kernel/duckdb",
    "kernel/plot",
    "kernel/display",
    "kernel/profile",
  ],
  // The MIME types that it renders, and how a change is said, are those that the kernel writes: neither imports anything of node.
  "kernel/lab": ["kernel/display/mime.ts", "kernel/plot/flame-change.ts"],
  notebooks: ["kernel/index.ts"],
};

const ARROW_FORMAT = ["kernel/formats/arrow-reader.ts", "kernel/formats/arrow-writer.ts"];

/** Packages, and where they may be imported; "type" where only their types may. No other package may be. */
const PACKAGES: Record<string, { in: string[]; only?: "type" }> = {
  // Tests of the binding call libc themselves, to see what the binding did.
  koffi: { in: ["bpf/libbpf-ts/src/ffi.ts", "bpf/libbpf-ts/test"] },
  "@uwdata/flechette": {
    in: [
      "bpf/sampler/result-tables.ts",
      "bpf/sampler/number-columns.ts",
      "kernel/dataframe/arrow.ts",
      "kernel/dataframe/packed-samples.ts",
      ...ARROW_FORMAT,
    ],
  },
  "@duckdb/node-api": { in: ["kernel/duckdb"] },
  "@duckdb/node-bindings": { in: ["kernel/duckdb"] },
  "gecko-profiler-demangle": { in: ["bpf/symbols/demangler.ts", "bpf/symbols/gecko-profiler-demangle.d.ts"] },
  "xz-decompress": { in: ["bpf/symbols/xz-worker.ts"] },
  fzstd: { in: ["bpf/symbols/dwarf/decompress.ts"] },
  zeromq: { in: ["kernel/jupyter"] },
  typescript: { in: ["kernel/cells"] },
  tslab: { in: ["kernel/cells"] },
  "danfojs-node": { in: ["kernel/dataframe/danfojs"], only: "type" },
  "plotly.js": { in: ["kernel/plot"], only: "type" },
  "@jupyterlab/rendermime-interfaces": { in: ["kernel/lab"], only: "type" },
  "@lumino/messaging": { in: ["kernel/lab"], only: "type" },
  "@lumino/widgets": { in: ["kernel/lab"] },
};

/** Imports of types that close a circle: a frame makes groups, and a group gives frames. */
const TYPES_ROUND = ["kernel/dataframe/group-by.ts → kernel/dataframe/column-frame.ts"];

type Import = { specifier: string; isType: boolean };

/** All imports and exports from elsewhere; as types only where nothing of the statement is left at run time. */
function importsOf(path: string, text: string): Import[] {
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const add = (target: ts.Node | undefined, isType: boolean) => {
      if (target && ts.isStringLiteralLike(target)) found.push({ specifier: target.text, isType });
    };
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly === true);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest));
  return found;
}

const isIn = (path: string, place: string) => path === place || path.startsWith(`${place}/`);

/** Every import against the order of rooms, or round in a circle. */
function breaches(sources: Map<string, string>): string[] {
  const found: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, text] of sources) {
    const room = Object.keys(ROOMS).find((candidate) => isIn(path, candidate));
    const targets: string[] = [];
    graph.set(path, targets);
    if (room === undefined) found.push(`${path} is in no room`);
    for (const { specifier, isType } of importsOf(path, text)) {
      if (specifier.startsWith("node:")) continue;
      if (specifier.startsWith(".") || specifier === "libbpf-ts") {
        const relative = join(dirname(path), specifier).replace(/\.js$/, ".ts");
        const target = specifier === "libbpf-ts" ? "bpf/libbpf-ts/src/index.ts" : relative;
        if (!isType || !TYPES_ROUND.includes(`${path} → ${target}`)) targets.push(target);
        const allowed = room === undefined ? [] : [room, ...ROOMS[room]];
        if (!allowed.some((place) => isIn(target, place))) found.push(`${path} imports ${target}`);
        continue;
      }
      const rule = PACKAGES[specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")];
      const isAllowed = rule?.in.some((place) => isIn(path, place)) && (rule.only === undefined || isType);
      if (!isAllowed) found.push(`${path} imports ${isType ? "types of " : ""}${specifier}`);
    }
  }
  return [...found, ...cycles(graph)];
}

function cycles(graph: Map<string, string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (path: string, way: string[]): void => {
    const isRound = way.includes(path);
    if (isRound) found.push(`a circle: ${[...way.slice(way.indexOf(path)), path].join(" → ")}`);
    if (isRound || done.has(path)) return;
    for (const target of graph.get(path) ?? []) walk(target, [...way, path]);
    done.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return found;
}

function readSources(): Map<string, string> {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const isSource = (path: string) => path.endsWith(".ts") && !/(^|\/)(node_modules|dist)\//.test(path);
  const paths = ["bpf", "kernel", "notebooks"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
  );
  return new Map(paths.filter(isSource).map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

test("imports go one way, from room to room and within each", () => {
  const sources = readSources();
  assert.ok(sources.size > 100, `${sources.size} files`);
  assert.deepEqual(breaches(sources), []);
});

test("a breach of each kind is found", () => {
  const planted = new Map([
    ["bpf/sampler/a.ts", 'import x from "../../kernel/index.js"; import "./b.js"; import "node:fs";'],
    ["bpf/sampler/b.ts", 'export * from "./a.js";'],
    [
      "kernel/profile/c.ts",
      'import type { X } from "../../bpf/sampler/d.js"; import "../cells/interrupt.js";',
    ],
    ["kernel/display/e.ts", 'const k = await import("koffi"); let z: typeof import("zeromq");'],
    ["kernel/dataframe/danfojs/f.ts", 'import type A from "danfojs-node"; import B from "danfojs-node";'],
    ["kernel/attic/g.ts", "// imports nothing"],
  ]);
  assert.deepEqual(breaches(planted), [
    "bpf/sampler/a.ts imports kernel/index.ts",
    "kernel/profile/c.ts imports bpf/sampler/d.ts",
    "kernel/display/e.ts imports koffi",
    "kernel/display/e.ts imports types of zeromq",
    "kernel/dataframe/danfojs/f.ts imports danfojs-node",
    "kernel/attic/g.ts is in no room",
    "a circle: bpf/sampler/a.ts → bpf/sampler/b.ts → bpf/sampler/a.ts",
  ]);
});
