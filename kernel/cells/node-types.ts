import { dirname, join } from "node:path";
import ts from "typescript";
import { isNodeIndex, isRare, withoutRareModules } from "./rare-modules.js";

/** The file that stands for all that are put together. */
const WHOLE = "globals.d.ts";

const REFERENCE = /^\/\/\/ <reference path="([^"]+)" \/>$/gm;
/** What makes a file a module, which declares nothing to others by standing in their text. */
const MODULE = /^(?:import|export)\b/m;

/**
 * Text of Node's list of declarations, or of the file of all that notebooks commonly use, and the files that it is made of.
 * They are fifty on disk, which each program would walk, and whose interfaces it would merge anew.
 *
 * @returns undefined for other files, which are as they are on disk, or missing
 */
export function nodeTypes(path: string): { text: string; files: readonly string[] } | undefined {
  const isIndex = isNodeIndex(path);
  if (!isIndex && !path.endsWith(`/@types/node/${WHOLE}`)) return undefined;
  const folder = dirname(path);
  const index = join(folder, "index.d.ts");
  const parts = new Map<string, string>();
  const list = joined(index, parts, folder);
  if (list === undefined) return undefined;
  if (isIndex) return { text: withoutRareModules(list), files: [index] };
  return { text: [...parts.values()].join("\n"), files: [index, ...parts.keys()] };
}

/** Text of a file without the references to what can be put together, which is added to the parts. */
function joined(path: string, parts: Map<string, string>, folder: string): string | undefined {
  return ts.sys.readFile(path)?.replace(REFERENCE, (reference, name: string) => {
    const file = join(dirname(path), name);
    if (isRare(name)) return reference;
    const text = joined(file, parts, folder);
    if (text === undefined || MODULE.test(text)) return reference;
    parts.set(file, text);
    return file === join(folder, WHOLE) ? reference : "";
  });
}
