#!/usr/bin/env node
// Bundles the compiler's process into dist/kernel/cells/compiler.cjs: TypeScript, tslab's converter, and what is ours.
// Run after `tsc -b`. One file loads faster, and Node takes a startup snapshot of nothing else.
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const FORK = "@tslab/typescript-for-tslab";

await build({
  absWorkingDir: root,
  entryPoints: ["dist/kernel/cells/compiler-main.js"],
  outfile: "dist/kernel/cells/compiler.cjs",
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
  define: { "import.meta.url": "importMetaUrl" },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  plugins: [{ name: "tslab on our TypeScript", setup: tslabOnOurTypeScript }],
});

function tslabOnOurTypeScript({ onLoad, onResolve }) {
  onResolve({ filter: new RegExp(`^${FORK}$`) }, () => ({ path: FORK, namespace: "ours" }));
  onLoad({ filter: /.*/, namespace: "ours" }, () => ({
    contents: "module.exports = globalThis[Symbol.for('proflab.typescript')];",
  }));
  onLoad({ filter: /dist\/kernel\/cells\/tslab\.js$/ }, () => ({
    contents: `export function loadTslab(typescript) {
      globalThis[Symbol.for('proflab.typescript')] = typescript;
      return { ...require("tslab/dist/converter"), ...require("tslab/dist/metadata") };
    }`,
  }));
}
