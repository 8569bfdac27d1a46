import { lstatSync } from "node:fs";

/** Most bytes of a Unix socket's path (sun_path of unix(7), with its final zero 108). */
const MAX_PATH_BYTES = 107;

/**
 * Checks that a socket in this directory can only be of this user: anyone may make a directory in /tmp first.
 *
 * @throws {Error} that names the directory, what it is, and what it must be
 */
export function checkPrivateDirectory(directory: string): void {
  const stat = lstatSync(directory);
  const uid = process.getuid?.();
  const is = stat.isSymbolicLink()
    ? "a symbolic link"
    : !stat.isDirectory()
      ? "no directory"
      : stat.uid !== uid
        ? `of user ${stat.uid}`
        : (stat.mode & 0o077) !== 0
          ? `of mode ${(stat.mode & 0o7777).toString(8).padStart(4, "0")}`
          : undefined;
  if (is !== undefined)
    throw new Error(
      `${directory} must be a directory of this user (${uid}) with mode 0700; it is ${is}. Set PROFLAB_RUNTIME_DIR to another one`,
    );
}

/** @throws {Error} for a path that is too long for a Unix socket */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_PATH_BYTES)
    throw new Error(
      `the path of a Unix socket has at most ${MAX_PATH_BYTES} bytes; ${path} has ${bytes}. Set PROFLAB_RUNTIME_DIR to a shorter one`,
    );
}
