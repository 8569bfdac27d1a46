import { createRequire } from "node:module";
import { PROTOCOL_VERSION } from "../message.js";
import type { Handler } from "../session.js";

const require = createRequire(import.meta.url);
/** The package's own package.json, seen from `dist/kernel/jupyter/requests`. */
const { version } = require("../../../../package.json") as { version: string };
const typescript = require("typescript/package.json") as { version: string };

/** `kernel_info_request`. */
export const kernelInfo: Handler = ({ reply }) =>
  reply({
    protocol_version: PROTOCOL_VERSION,
    implementation: "proflab",
    implementation_version: version,
    banner: `proflab ${version}: TypeScript ${typescript.version} on Node ${process.versions.node}`,
    language_info: {
      name: "typescript",
      version: typescript.version,
      mimetype: "text/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: "typescript",
      nbconvert_exporter: "script",
    },
    help_links: [{ text: "TypeScript", url: "https://www.typescriptlang.org/docs/" }],
    supported_features: [],
    debugger: false,
  });
