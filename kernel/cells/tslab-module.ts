import { createRequire } from "node:module";
import { base64 } from "../display/conventions.js";
import { display, newDisplayId } from "../display/display.js";

/** The MIME type behind each method of tslab's `display`. */
const METHODS = {
  javascript: "text/javascript",
  html: "text/html",
  markdown: "text/markdown",
  latex: "text/latex",
  svg: "image/svg+xml",
  png: "image/png",
  jpeg: "image/jpeg",
  gif: "image/gif",
  pdf: "application/pdf",
  text: "text/plain",
} as const;

type Data = string | Uint8Array;

/** What `import * as tslab from "tslab"` gives in a cell, so that notebooks written for tslab run. */
export const tslabModule = {
  __esModule: true,
  get versions() {
    const { version: tslab } = createRequire(import.meta.url)("tslab/package.json");
    const { version: typescript } = createRequire(import.meta.url)("typescript/package.json");
    return { tslab, typescript, node: process.version };
  },
  display: displayMethods(),
  /** A display whose second call replaces what the first showed. */
  newDisplay: () => displayMethods(newDisplayId()),
};

function displayMethods(id?: string) {
  let isShown = false;
  const raw = (type: string, data: Data) => {
    void display({ [type]: base64(data) }, { raw: true, display_id: id, update: isShown });
    isShown = id !== undefined;
  };
  const named = Object.fromEntries(
    Object.entries(METHODS).map(([name, type]) => [name, (data: Data) => raw(type, data)]),
  );
  return { ...named, raw } as Record<keyof typeof METHODS, (data: Data) => void> & { raw: typeof raw };
}
