import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Folder of TypeScript's own declarations; TypeScript itself looks beside the file that it was bundled into. */
export const LIBRARY = dirname(createRequire(import.meta.url).resolve("typescript"));

/** What cells know of the language: `lib` of the compiler's options. */
export const LIBRARIES: readonly string[] = ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"];

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
  parts.set(name, text.replace(REFERENCE, ""));
}
