// Builds the JupyterLab extension: node scripts/build-lab.mjs [FOLDER], by default dist/lab/proflab.
//
// A prebuilt extension is a folder of static files whose entry is a module-federation container. The one
// container we need is small enough to write by hand (kernel/lab/container.ts), so esbuild suffices.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { build } from "esbuild";

const started = performance.now();
const root = path.resolve(import.meta.dirname, "..");
const out = path.resolve(process.argv[2] ?? path.join(root, "dist/lab/proflab"));
const { version, license } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));

await rm(out, { recursive: true, force: true });
await mkdir(path.join(out, "static"), { recursive: true });

const plotly = await plotlyModule();
const plotlyFile = await put("plotly", plotly.text);
const bundle = await build({
  absWorkingDir: root,
  entryPoints: ["kernel/lab/container.ts"],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  write: false,
  define: {
    __PLOTLY_FILE__: JSON.stringify(plotlyFile),
    __PLOTLY_TRACES__: JSON.stringify(plotly.traces),
  },
});
const entryFile = await put("remoteEntry", bundle.outputFiles[0].text);

// The folder's name must be the package's name, or JupyterLab answers 404 for the files.
const manifest = {
  name: "proflab",
  version,
  description: "Flame graphs and figures of proflab in JupyterLab",
  license,
  jupyterlab: {
    mimeExtension: true,
    _build: { load: `static/${entryFile}`, mimeExtension: "./mimeExtension" },
  },
};
await writeFile(path.join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`${path.relative(process.cwd(), out)} built in ${Math.round(performance.now() - started)} ms`);

/** Writes one static file, named by its content so that browsers may cache it for ever. */
async function put(stem, text) {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const name = `${stem}.${hash}.js`;
  await writeFile(path.join(out, "static", name), text);
  return name;
}

/**
 * Wraps plotly's script as an ES module.
 *
 * The script sets `window.Plotly`, which would replace the copy of another extension; that one statement is
 * removed, and `module` and `define` are shadowed so that no loader on the page is taken for ours.
 */
async function plotlyModule() {
  const file = createRequire(import.meta.url).resolve("plotly.js-cartesian-dist-min/plotly-cartesian.min.js");
  const script = await readFile(file, "utf8");
  const parts = script.split("window.Plotly = Plotly;");
  if (parts.length !== 2) throw new Error(`${file} no longer sets window.Plotly in the expected way`);
  const traces = [...script.matchAll(/moduleType:"trace",name:"(\w+)"/g)].map((match) => match[1]).sort();
  if (!traces.includes("scatter")) throw new Error(`cannot read the names of the trace types in ${file}`);
  const text = `const module = { exports: {} }, define = undefined;\n${parts.join("")}\nexport default module.exports;\n`;
  return { text, traces };
}
