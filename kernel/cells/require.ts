import Module, { createRequire } from "node:module";
import { dirname, extname, join, resolve } from "node:path";
import type { BundledModules } from "./globals.js";
import { tslabModule } from "./tslab-module.js";

type Require = (id: string) => unknown;

/** Node's module class with the parts that compiling a text as a module takes. */
interface CompilingModule {
  filename: string;
  paths: string[];
  exports: unknown;
  require: Require;
  _compile(code: string, fileName: string): void;
}
const ModuleClass = Module as unknown as {
  new (id: string): CompilingModule;
  _nodeModulePaths(directory: string): string[];
};

/**
 * Finds modules for cells: files of the notebook's folder that the compiler translated, then packages from that folder
 * upwards, then those that the kernel brings.
 */
export class CellRequire {
  readonly #directory: string;
  readonly #bundled: BundledModules;
  readonly #code = new Map<string, string>();
  readonly #loaded = new Map<string, CompilingModule>();

  constructor(directory: string, bundled: BundledModules) {
    this.#directory = directory;
    this.#bundled = bundled;
  }

  /** The `require` of cells, with Node's own members (`resolve`, `cache` …). */
  get function(): NodeJS.Require {
    const node = createRequire(join(this.#directory, "cell.js"));
    const load = this.#requireFrom(this.#directory, node);
    return Object.assign((id: string) => load(id), node, { resolve: node.resolve });
  }

  /** Takes translated files; one that changed is loaded anew at its next import. */
  addSideFiles(files: readonly { path: string; data: string }[]): void {
    for (const { path, data } of files) {
      this.#code.set(path, data);
      this.#loaded.delete(path);
    }
  }

  #requireFrom(directory: string, node: Require): Require {
    return (id) => {
      if (id === "proflab") return this.#bundled.proflab;
      if (id === "tslab") return tslabModule;
      const side =
        id.startsWith(".") || id.startsWith("/") ? this.#sideModule(resolve(directory, id)) : undefined;
      if (side) return side.exports;
      try {
        return node(id);
      } catch (error) {
        if (id === "danfojs-node" && isNotFound(error, id)) return this.#bundled.danfo();
        throw error;
      }
    };
  }

  #sideModule(path: string): CompilingModule | undefined {
    const file = [path, `${path}.js`, join(path, "index.js")].find(
      (name) => extname(name) && this.#code.has(name),
    );
    if (!file) return undefined;
    const loaded = this.#loaded.get(file);
    if (loaded) return loaded;
    const module = new ModuleClass(file);
    module.filename = file;
    module.paths = ModuleClass._nodeModulePaths(dirname(file));
    module.require = this.#requireFrom(dirname(file), createRequire(file));
    this.#loaded.set(file, module); // before it runs, for circular imports
    try {
      module._compile(this.#code.get(file)!, file);
    } catch (error) {
      this.#loaded.delete(file);
      throw error;
    }
    return module;
  }
}

function isNotFound(error: unknown, id: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "MODULE_NOT_FOUND" && message.includes(`'${id}'`);
}
