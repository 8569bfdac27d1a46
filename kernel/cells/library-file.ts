import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Folder of TypeScript's own declarations; TypeScript itself looks beside the file that it was bundled into. */
export const LIBRARY = dirname(createRequire(import.meta.url).resolve("typescript"));

/** What a version of Node has of the language and its library, from that version on, the newest first. */
const BY_NODE: readonly [major: number, libraries: readonly string[]][] = [
  [24, ["es2025", "es2025.iterator", "esnext.disposable", "esnext.array", "esnext.error"]],
  [22, ["es2024", "es2025.collection", "es2025.iterator", "esnext.disposable", "esnext.array"]],
  [0, ["es2023", "es2024.string", "esnext.disposable"]],
];

/** What cells know of the language: `lib` of the compiler's options. It runs on the Node that runs the cells. */
export const LIBRARIES: readonly string[] = librariesOf(Number.parseInt(process.versions.node, 10));

const MODULE = /^export \{\}/m;
const REFERENCE = /^\/\/\/ <reference lib="([^"]+)" \/>$/gm;

/** Files that {@link LIBRARIES} consist of, each after those that it refers to. */
const parts = new Map<string, string>();
for (const name of LIBRARIES) addPart(name);

/**
 * Text of a file of the language's declarations. All that cells know of the language is in the first file, and the others
 * are empty: it is bound once, where each program would merge the interfaces of eighty files anew.
 *
 * @returns undefined for other files, of the DOM say, which are as they are on disk
 */
export function libraryText(path: string): string | undefined {
  if (path === join(LIBRARY, LIBRARIES[0])) return [...parts.values()].join("\n");
  return dirname(path) === LIBRARY && parts.has(path.slice(LIBRARY.length + 1)) ? "" : undefined;
}

function addPart(name: string): void {
  if (parts.has(name)) return;
  parts.set(name, ""); // a reference back to it adds nothing
  const text = readFileSync(join(LIBRARY, name), "utf8");
  for (const [, library] of text.matchAll(REFERENCE)) addPart(`lib.${library}.d.ts`);
  parts.delete(name);
  if (MODULE.test(text)) return; // it stays a file of its own: all with it would be one module
  parts.set(name, text.replace(REFERENCE, ""));
}

function librariesOf(node: number): string[] {
  const [, libraries] = BY_NODE.find(([major]) => node >= major)!;
  return libraries.map((name) => `lib.${name}.d.ts`);
}
