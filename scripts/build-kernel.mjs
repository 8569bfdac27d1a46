#!/usr/bin/env node
// Bundles the kernel's process into dist/kernel/jupyter/main.cjs, and the thread that controls cells beside it.
// Run after `tsc -b`. One file loads faster than thirty; the process of cells is none, for it shares modules with proflab.
import { join } from "node:path";
import { build } from "esbuild";

await build({
  absWorkingDir: join(import.meta.dirname, ".."),
  entryPoints: ["dist/kernel/jupyter/main.js", "dist/kernel/jupyter/cell-control.js"],
  outdir: "dist/kernel/jupyter",
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  packages: "external",
  format: "cjs",
  target: "node20",
  legalComments: "none",
  logLevel: "warning",
  define: { "import.meta.url": "importMetaUrl" },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
});
