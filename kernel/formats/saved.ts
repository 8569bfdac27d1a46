import { randomBytes } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * The content, also written to `path` if there is one: whole under its name, or not at all.
 *
 * A link is followed, also to a file that is not there yet, and the permissions of a file that is replaced stay. What is no file, such as `/dev/null` or a pipe, is
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
  const target = there ? realpathSync(path) : linkedPath(path);
  // In a folder where others write, nobody may have laid a link of that name.
  const part = `${target}.${randomBytes(6).toString("hex")}.part`;
  try {
    writeFileSync(part, content, { mode: there?.mode, flag: "wx" });
    if (there) chmodSync(part, there.mode); // what the umask took
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  return content;
}

/** Where a path leads at whose end nothing is yet. */
function linkedPath(path: string): string {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return path;
  return linkedPath(resolve(realpathSync(dirname(path)), readlinkSync(path)));
}
