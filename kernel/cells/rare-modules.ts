import { basename } from "node:path";
import { forgetDeclarationFiles } from "./declaration-files.js";

/**
 * Modules of Node that few notebooks use: their declarations are a quarter of Node's, and are read when a program names
 * one of them. Without them the compiler starts faster and takes less memory.
 */
const RARE = [
  ...["cluster", "domain", "http2", "inspector", "punycode", "repl"],
  ...["sea", "test", "trace_events", "wasi"],
];

const REFERENCE = /^\/\/\/ <reference path="([^"]+)" \/>$/gm;

/** Those that were named. */
const named = new Set<string>();
/** How many of them {@link rareModulesAdded} has told of. */
let added = 0;

/** Takes note of an import. What is typed of a specifier, `node:h`, names all that it may become. */
export function noteImport(specifier: string, from: string): void {
  if (isOfNode(from)) return; // Node's own declarations list them all
  const typed = specifier.replace(/^node:/, "");
  for (const name of RARE) if (name.startsWith(typed) || typed.startsWith(`${name}/`)) named.add(name);
}

/** Takes note of code that asks for modules in another way than by an import. */
export function noteBuiltinModules(code: string): void {
  if (code.includes("getBuiltinModule")) noteImport("", "");
}

/** Whether modules were named since this was asked last: their declarations will be read then. */
export function rareModulesAdded(): boolean {
  if (named.size === added) return false;
  added = named.size;
  forgetDeclarationFiles(isNodeIndex);
  return true;
}

/** Whether a file is the list of Node's declarations, which {@link withoutRareModules} changes. */
export function isNodeIndex(path: string): boolean {
  return path.endsWith("/@types/node/index.d.ts");
}

/** The list of Node's declarations without those of modules that nobody named. */
export function withoutRareModules(index: string): string {
  return index.replace(REFERENCE, (reference, path: string) =>
    isRare(path) && !named.has(moduleOf(path)) ? "" : reference,
  );
}

/** Whether a file that the list names is of a rare module. */
export function isRare(path: string): boolean {
  return RARE.includes(moduleOf(path));
}

function moduleOf(path: string): string {
  return basename(path.split("/")[0], ".d.ts").replace(/\.generated$/, "");
}

function isOfNode(path: string): boolean {
  return path.includes("/@types/node/");
}
