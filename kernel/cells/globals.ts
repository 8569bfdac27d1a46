import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { clearOutput, display } from "../display/display.js";
import { Progress } from "../display/progress.js";
import { html, md, svg } from "../display/tagged.js";

/**
 * The names that every cell has, and the module each comes from. A cell's own declaration of a name hides it.
 *
 * `namespace`: `import * as name`; `types`: the same, for types only.
 */
export const CELL_GLOBALS: readonly {
  name: string;
  module: string;
  form: "named" | "namespace" | "types";
}[] = [
  { name: "profile", module: "proflab", form: "named" },
  { name: "loadProfile", module: "proflab", form: "named" },
  { name: "recordings", module: "proflab", form: "named" },
  { name: "sql", module: "proflab", form: "named" },
  { name: "readProfile", module: "proflab", form: "named" },
  { name: "compare", module: "proflab", form: "named" },
  { name: "ProfileFrame", module: "proflab", form: "named" },
  { name: "display", module: "proflab", form: "named" },
  { name: "clearOutput", module: "proflab", form: "named" },
  { name: "Progress", module: "proflab", form: "named" },
  { name: "prompt", module: "proflab", form: "named" },
  { name: "html", module: "proflab", form: "named" },
  { name: "md", module: "proflab", form: "named" },
  { name: "svg", module: "proflab", form: "named" },
  { name: "dfd", module: "danfojs-node", form: "namespace" },
  { name: "Plotly", module: "plotly.js", form: "types" },
];

/** The same names as declarations, put before the first cell as if an earlier cell had made them. */
export const PRELUDE = CELL_GLOBALS.map(({ name, module, form }) => {
  if (form === "named") return `import { ${name} } from "${module}";\n`;
  return `import ${form === "types" ? "type " : ""}* as ${name} from "${module}";\n`;
}).join("");

const KERNEL = new URL("../", import.meta.url);
const requireHere = createRequire(import.meta.url);

/** danfojs as this package carries it, and shows it. */
const DANFO = { code: "dataframe/danfojs/index.js", types: "dataframe/danfojs/types/index.d.ts" };

/** Modules that the kernel brings, and the declarations that describe them. */
const TYPES: Readonly<Record<string, string>> = {
  proflab: kernelFile("index.d.ts"),
  "danfojs-node": kernelFile(DANFO.types),
  tslab: requireHere.resolve("tslab/dist/public.d.ts"),
  "plotly.js": requireHere.resolve("@types/plotly.js/index.d.ts"),
};

/** Those of {@link TYPES} that are built. */
export function bundledTypes(): Record<string, string> {
  return Object.fromEntries(Object.entries(TYPES).filter(([, file]) => existsSync(file)));
}

/** Modules that the kernel brings. Each is loaded when it is first asked for; the same object each time. */
export interface BundledModules {
  proflab(): Record<string, unknown>;
  danfo(): Record<string, unknown>;
}

export function bundledModules(): BundledModules {
  let danfo: Record<string, unknown> | undefined;
  return {
    // What `import` would give: Node keeps one instance of an ES module.
    proflab: () => requireHere(kernelFile("index.js")),
    danfo() {
      danfo ??= asModule(requireHere(kernelFile(DANFO.code)).dfd);
      return danfo;
    },
  };
}

/** Marked as an ES module, so that `import *` gives this very object and not a copy. */
function asModule(exports: Record<string, unknown>): Record<string, unknown> {
  return { ...exports, default: exports, __esModule: true };
}

/** Those of {@link CELL_GLOBALS} that are loaded in any case: a cell need not wait for all of proflab to use them. */
const LOADED: Record<string, unknown> = { clearOutput, display, html, md, Progress, svg };

/** Values of {@link CELL_GLOBALS}, by name; getters where a module must be loaded. */
export function globalValues(modules: BundledModules): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, module, form } of CELL_GLOBALS) {
    if (form === "types") continue;
    const get = module === "danfojs-node" ? modules.danfo : () => LOADED[name] ?? modules.proflab()[name];
    Object.defineProperty(values, name, { get, enumerable: true });
  }
  return values;
}

function kernelFile(path: string): string {
  return fileURLToPath(new URL(path, KERNEL));
}
