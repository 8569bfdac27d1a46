import { PROTOCOL_VERSION } from "../message.js";
import type { Handler } from "../session.js";
import { PROFLAB_VERSION, TYPESCRIPT_VERSION } from "../versions.js";

/** `kernel_info_request`. */
export const kernelInfo: Handler = ({ reply }) =>
  reply({
    protocol_version: PROTOCOL_VERSION,
    implementation: "proflab",
    implementation_version: PROFLAB_VERSION,
    banner: `proflab ${PROFLAB_VERSION}: TypeScript ${TYPESCRIPT_VERSION} on Node ${process.versions.node}`,
    language_info: {
      name: "typescript",
      version: TYPESCRIPT_VERSION,
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
