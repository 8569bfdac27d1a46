import { createRequire } from "node:module";
import type { Converter } from "tslab/dist/converter.js";
import type { CodeMetadata } from "tslab/dist/metadata.js";
import { withShim } from "./typescript-shim.js";

const requireHere = createRequire(import.meta.url);

/** The parts of tslab that the compiler is made of. */
export interface Tslab {
  createConverter(options: { isJS: boolean; isBrowser: boolean }): Converter;
  getCodeMetadata(code: string): CodeMetadata;
}

/**
 * Loads tslab on a TypeScript of our own. Once: tslab keeps the first that it gets.
 *
 * scripts/build-compiler.mjs puts another function in the place of this one, since a bundle has no loader.
 */
export function loadTslab(typescript: object): Tslab {
  return withShim(typescript, () => ({
    createConverter: requireHere("tslab/dist/converter").createConverter,
    getCodeMetadata: requireHere("tslab/dist/metadata").getCodeMetadata,
  }));
}
