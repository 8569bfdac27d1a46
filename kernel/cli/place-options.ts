import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { dataDirectory } from "./data-directory.js";
import { EXTENSION_NAME } from "./extension.js";
import { DEFAULT_NAME, ownProgram, readSpec } from "./kernel-spec.js";
import { parseOptions } from "./options.js";
import { UsageError } from "./usage-error.js";

/** As Jupyter has them, but that a name of dots alone is another folder's. */
const KERNEL_NAME = /^(?!\.+$)[A-Za-z0-9._-]+$/;

/** Where `install` and `uninstall` work, for their usage. */
export const PLACES_USAGE = `  --user         the user's data folder of Jupyter (the default)
  --prefix DIR   DIR/share/jupyter, for all who use the Python or the system there
  --sys-prefix   the virtual environment that is active
  --name NAME    the kernel's name; default: ${DEFAULT_NAME}
`;

/** Folders of an installation. */
export interface Places {
  kernel: string;
  extension: string;
}

/** Reads where `install` and `uninstall` work. @throws {UsageError} */
export function places(list: string[]): Places {
  const { values } = parseOptions(list, {
    user: { type: "boolean" },
    prefix: { type: "string" },
    "sys-prefix": { type: "boolean" },
    name: { type: "string" },
  });
  const { name = DEFAULT_NAME } = values;
  if (!KERNEL_NAME.test(name)) {
    throw new UsageError(`--name ${name}: letters, digits, dots, underscores and hyphens are accepted`);
  }
  const data = dataDirectory(values);
  const kernel = join(data, "kernels", name);
  const there = readSpec(kernel);
  if (there && ownProgram(there) === undefined)
    throw new UsageError(`--name ${name}: ${kernel} is another kernel (${there.display_name ?? "unnamed"})`);
  return { kernel, extension: join(data, "labextensions", EXTENSION_NAME) };
}

/** Does what writes to the places. @throws {UsageError} that names a place where that is not possible */
export function written<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UsageError(`${message}. Choose a place that you may write: --user, or --prefix DIR`);
  }
}

/** Folders of this kernel's specs beside one, by whatever name. */
export function otherKernels(kernel: string): string[] {
  const folder = dirname(kernel);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .map((name) => join(folder, name))
    .filter((other) => other !== kernel && ownProgram(readSpec(other) ?? {}) !== undefined);
}
