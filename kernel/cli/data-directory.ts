import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UsageError } from "./usage-error.js";

/** Where Jupyter looks for kernels and extensions; at most one is given, and the user's own folder is the default. */
export interface DataLocation {
  user?: boolean;
  prefix?: string;
  /** The virtual environment that is active. */
  "sys-prefix"?: boolean;
}

/**
 * Jupyter's data folder.
 *
 * @throws {UsageError} when two places are named, one without a name, or no virtual environment is active
 */
export function dataDirectory({ user, prefix, "sys-prefix": isSysPrefix }: DataLocation): string {
  if ([user, prefix !== undefined, isSysPrefix].filter(Boolean).length > 1) {
    throw new UsageError("--user, --prefix and --sys-prefix exclude each other");
  }
  if (prefix === "") throw new UsageError("--prefix is empty; a folder is accepted");
  if (prefix !== undefined) return resolve(prefix, "share/jupyter");
  if (isSysPrefix) {
    const environment = process.env.VIRTUAL_ENV ?? process.env.CONDA_PREFIX;
    if (!environment)
      throw new UsageError("--sys-prefix needs an active virtual environment (VIRTUAL_ENV is not set)");
    return join(environment, "share/jupyter");
  }
  return (
    process.env.JUPYTER_DATA_DIR ??
    join(process.env.XDG_DATA_HOME ?? join(homedir(), ".local/share"), "jupyter")
  );
}
