import { join } from "node:path";
import { dataDirectory } from "./data-directory.js";
import { EXTENSION_NAME } from "./extension.js";
import { DEFAULT_NAME } from "./kernel-spec.js";
import { parseOptions } from "./options.js";
import { UsageError } from "./usage-error.js";

const KERNEL_NAME = /^[A-Za-z0-9._-]+$/;

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
  return { kernel: join(data, "kernels", name), extension: join(data, "labextensions", EXTENSION_NAME) };
}
