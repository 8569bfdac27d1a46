import { chmodSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";

/**
 * The content, also written to `path` if there is one: whole under its name, or not at all.
 *
 * A link is followed, and the permissions of a file that is replaced stay. What is no file, such as `/dev/null` or a pipe, is
 * written to, never replaced.
 *
 * Throws the error of the file system, which names the path.
 */
export function saved<Content extends string | Uint8Array>(
  content: Content,
  path: string | undefined,
): Content {
  if (path === undefined) return content;
  const there = statSync(path, { throwIfNoEntry: false });
  if (there && !there.isFile()) {
    writeFileSync(path, content);
    return content;
  }
  const target = there ? realpathSync(path) : path;
  const part = `${target}.${process.pid}.part`;
  try {
    writeFileSync(part, content, { mode: there?.mode });
    if (there) chmodSync(part, there.mode); // what the umask took
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  return content;
}
