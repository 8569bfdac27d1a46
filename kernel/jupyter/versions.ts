import { createRequire } from "node:module";

// Here and not in a folder further down: the bundle of the kernel's process stands beside this file.
const require = createRequire(import.meta.url);

/** The package's own version; its package.json is seen from `dist/kernel/jupyter`. */
export const { version: PROFLAB_VERSION } = require("../../../package.json") as { version: string };

/** The compiler's. */
export const { version: TYPESCRIPT_VERSION } = require("typescript/package.json") as { version: string };
