#!/usr/bin/env node
// Bundles danfojs-node into dist/kernel/dataframe/danfojs: danfojs.cjs, its types, and the licences of what is in it.
// Run after `tsc -b`: the type of the bundle is then read from beside it, not from a package that users do not have.
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = join(root, "kernel/dataframe/danfojs");
const target = join(root, "dist/kernel/dataframe/danfojs");
const require = createRequire(join(root, "package.json"));
const danfojs = dirname(require.resolve("danfojs-node/package.json"));

await mkdir(target, { recursive: true });
const { metafile } = await build({
  entryPoints: [join(source, "entry.cjs")],
  outfile: join(target, "danfojs.cjs"),
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  minify: true,
  lineLimit: 160, // so that an uncaught error does not print half a megabyte of source
  keepNames: true, // errors and util.inspect name the classes
  legalComments: "none", // they are in LICENSES.txt, whole
  banner: { js: "/*! danfojs-node 1.2.0, MIT License, (c) 2020 danfo.js, 2022 JsData. See LICENSES.txt. */" },
  external: ["plotly.js-dist-min"], // required in browsers only
  metafile: true,
});
await writeFile(join(target, "LICENSES.txt"), await licences(Object.keys(metafile.inputs)));
await copyTypes();

/** The licence of every package that is in the bundle, one under the other. */
async function licences(inputs) {
  const texts = [await readFile(join(source, "LICENSE"), "utf8")];
  const packages = new Set(inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]));
  for (const name of [...packages].filter((name) => name && name !== "danfojs-node").sort()) {
    const folder = join(root, "node_modules", name);
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const text = file ? await readFile(join(folder, file), "utf8") : `License: ${license}\n`;
    texts.push(`${name} ${version}\n\n${text}`);
  }
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

/** The .d.ts tree beside the bundle. It stays CommonJS: its imports have no extensions. */
async function copyTypes() {
  const types = join(target, "types");
  await rm(types, { recursive: true, force: true });
  await cp(join(danfojs, "dist"), types, {
    recursive: true,
    filter: (path) => !/\.[a-z]+$/.test(path) || path.endsWith(".d.ts"),
  });
  for (const file of await readdir(types, { recursive: true })) {
    if (!file.endsWith(".d.ts")) continue;
    const path = join(types, file);
    const text = await readFile(path, "utf8");
    const adapted = selfContained(file.endsWith("core/series.d.ts") ? comparableWithText(text) : text);
    if (adapted !== text) await writeFile(path, adapted);
  }
  await writeFile(join(types, "package.json"), '{ "type": "commonjs" }\n');
  await writeFile(join(types, "index.d.ts"), 'export * from "./danfojs-node/src/index";\n');
  await writeFile(join(target, "danfojs.d.cts"), 'export * from "./types/index.js";\n');
}

/** danfojs compares text; its types know only numbers. */
function comparableWithText(declarations) {
  return declarations.replace(/^( {4}(?:eq|ne|lt|le|gt|ge)\(other: )/gm, "$1string | readonly string[] | ");
}

/** Types of packages that users do not have are `any`, as they would be silently without `skipLibCheck`. */
function selfContained(declarations) {
  return declarations
    .replace(/^import \{ ([\w, ]+) \} from ['"](?!\.|stream)[^'"]+['"];$/gm, (_, names) =>
      names
        .split(", ")
        .map((name) => `type ${name} = any;`)
        .join("\n"),
    )
    .replace(
      /^import request from "request";$/m,
      "declare namespace request { type RequiredUriUrl = any; type CoreOptions = any; }",
    );
}
