import { fileURLToPath } from "node:url";

/** Name of the JupyterLab extension, which its folder must have. */
export const EXTENSION_NAME = "proflab";

/** The extension as it was built. */
export const EXTENSION_SOURCE = fileURLToPath(new URL("../../lab/proflab", import.meta.url));
