import { renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * The content, also written to `path` if there is one: whole under its name, or not at all.
 *
 * Throws the error of the file system, which names the path.
 */
export function saved<Content extends string | Uint8Array>(
  content: Content,
  path: string | undefined,
): Content {
  if (path === undefined) return content;
  const part = `${path}.${process.pid}.part`;
  try {
    writeFileSync(part, content);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  return content;
}
