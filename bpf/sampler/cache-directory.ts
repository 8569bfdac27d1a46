import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { checkPrivateDirectory } from "./private-directory.js";

/**
 * Makes the directory in which unwind tables are kept: `proflab/unwind` in `XDG_CACHE_HOME`, or in `~/.cache`.
 *
 * @returns undefined when it cannot be made, or others could write to it; tables are then built anew each time
 */
export function cacheDirectory(): string | undefined {
  const { XDG_CACHE_HOME } = process.env;
  // A relative path counts as none (XDG Base Directory Specification).
  const base =
    XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), ".cache");
  const directory = join(base, "proflab", "unwind");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    checkPrivateDirectory(directory);
    return directory;
  } catch {
    return undefined;
  }
}
