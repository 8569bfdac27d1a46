import { join } from "node:path";
import { parseArgs } from "node:util";
import { dataDirectory } from "./data-directory.js";
import { DEFAULT_NAME } from "./kernel-spec.js";
import { UsageError } from "./usage-error.js";

const KERNEL_NAME = /^[A-Za-z0-9._-]+$/;
const EXTENSION = "proflab";

/** Folders of an installation. */
export interface Places {
  kernel: string;
  extension: string;
}

/** Reads where `install` and `uninstall` work. @throws {UsageError} */
export function places(list: string[]): Places {
  const { values } = parseArgs({
    args: list,
    options: {
      user: { type: "boolean" },
      prefix: { type: "string" },
      "sys-prefix": { type: "boolean" },
      name: { type: "string", default: DEFAULT_NAME },
    },
  });
  if (!KERNEL_NAME.test(values.name)) {
    throw new UsageError(
      `--name ${values.name}: letters, digits, dots, underscores and hyphens are accepted`,
    );
  }
  const data = dataDirectory(values);
  return { kernel: join(data, "kernels", values.name), extension: join(data, "labextensions", EXTENSION) };
}
