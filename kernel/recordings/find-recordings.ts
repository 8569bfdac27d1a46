import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isRecording } from "./load-recording.js";
import { RecordingError } from "./recording-error.js";

/**
 * The recordings at these paths, in which `*` and `?` stand for any text and any letter of a name.
 *
 * Throws a RecordingError for a path that has none.
 */
export function foldersLike(patterns: readonly string[]): string[] {
  const found = patterns.flatMap((pattern) => {
    const folders = isRecording(pattern) ? [pattern] : expanded(pattern).filter(isRecording);
    if (folders.length === 0) throw new RecordingError(pattern, "is no recording, and no pattern of one");
    return folders;
  });
  return [...new Set(found)];
}

function expanded(pattern: string): string[] {
  const [first, ...names] = pattern.replace(/\/+$/, "").split("/");
  let paths = first === "" ? ["/"] : matching("", first);
  for (const name of names) paths = paths.flatMap((path) => matching(path, name));
  return paths;
}

/** What a folder has of this name; "" is the working directory. */
function matching(folder: string, name: string): string[] {
  const path = (entry: string) => (folder === "" ? entry : join(folder, entry));
  if (!/[*?]/.test(name)) return [path(name)];
  const letters: Record<string, string> = { "*": ".*", "?": "." };
  const expression = new RegExp(
    `^${name.replace(/[^\w]/g, (letter) => letters[letter] ?? `\\${letter}`)}$`,
    "s",
  );
  try {
    const entries = readdirSync(folder === "" ? "." : folder).filter((entry) => !entry.startsWith("."));
    return entries
      .filter((entry) => expression.test(entry))
      .sort()
      .map(path);
  } catch {
    return []; // no folder
  }
}
