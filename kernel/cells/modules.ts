import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { types } from "node:util";
import type { SideFile } from "./compilation.js";
import type { BundledModules } from "./globals.js";
import { importModule, MUST_BE_IMPORTED, resolveModule } from "./native-import.js";
import { forgetChangedJson, SideFiles } from "./side-files.js";
import { tslabModule } from "./tslab-module.js";

type Require = (id: string) => unknown;

/**
 * Finds modules for cells: files of the notebook's folder that the compiler translated, then packages from that folder
 * upwards, then those that the kernel brings.
 *
 * Packages are loaded by `require`, which also takes ES modules, so that all who name a package get the same one. Only what
 * cannot be required, an ES module that awaits, is imported; {@link prepare} does that before a cell runs.
 */
export class CellModules {
  readonly #directory: string;
  readonly #bundled: BundledModules;
  readonly #sideFiles = new SideFiles({
    require: (id, directory) => this.#require(id, directory),
    import: (id, directory) => this.import(id, directory),
    prepare: (ids, directory) => this.prepare(ids, directory),
    meta: (file, directory) => this.meta(file, directory),
  });
  /** ES modules that had to be imported, by folder and name. */
  readonly #imported = new Map<string, unknown>();
  /** The `require` of cells, with Node's own members (`resolve`, `cache` …). */
  readonly require: NodeJS.Require;

  constructor(directory: string, bundled: BundledModules) {
    this.#directory = directory;
    this.#bundled = bundled;
    const node = createRequire(join(directory, "cell.js"));
    const load = (id: string) => this.#require(id, directory);
    this.require = Object.assign(load, node, { resolve: node.resolve }) as NodeJS.Require;
  }

  /** Takes translated files; one that changed is loaded anew at its next import. */
  addSideFiles(files: readonly SideFile[]): void {
    this.#sideFiles.add(files);
  }

  /** Loads what can only be loaded asynchronously, so that `require` finds it. */
  async prepare(ids: readonly string[], directory = this.#directory): Promise<void> {
    for (const id of ids) {
      if (await this.#sideFiles.load(id, directory)) continue;
      try {
        this.#require(id, directory);
      } catch (error) {
        if (!MUST_BE_IMPORTED.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
        this.#imported.set(key(id, directory), asCommonJs(await importModule(id, directory)));
      }
    }
  }

  /** `import()` of a cell or file. */
  async import(id: string, directory = this.#directory): Promise<unknown> {
    if (/^(file|data|https?):/.test(id)) return importModule(id, directory);
    await this.prepare([id], directory);
    return asNamespace(this.#require(id, directory));
  }

  /** `import.meta` of a cell or file. */
  meta(file: string, directory = this.#directory): ImportMeta {
    const filename = join(directory, file);
    return {
      dirname: directory,
      filename,
      url: pathToFileURL(filename).href,
      resolve: (id: string) => resolveModule(id, filename),
    } as ImportMeta;
  }

  #require(id: string, directory: string): unknown {
    if (id === "proflab") return this.#bundled.proflab();
    if (id === "tslab") return tslabModule;
    const side = this.#sideFiles.require(id, directory);
    if (side) return side.exports;
    const imported = this.#imported.get(key(id, directory));
    if (imported) return imported;
    const node = createRequire(join(directory, "cell.js"));
    forgetChangedJson(id, node);
    try {
      return (node as Require)(id);
    } catch (error) {
      if (!isNotFound(error, id)) throw error;
      if (id === "danfojs-node") return this.#bundled.danfo();
      const message = `Cannot find module '${id}' from ${directory}`;
      throw Object.assign(new Error(message), { code: "MODULE_NOT_FOUND" });
    }
  }
}

function key(id: string, directory: string): string {
  return `${directory}\0${id}`;
}

/** An ES module as `require` gives it: marked, so that its default export is found. Its exports stay live. */
function asCommonJs(namespace: object): object {
  const module = Object.defineProperty({}, "__esModule", { value: true });
  for (const name of Object.keys(namespace))
    Object.defineProperty(module, name, { enumerable: true, get: () => Reflect.get(namespace, name) });
  return module;
}

/** What `import()` gives of a module that was required. */
function asNamespace(module: unknown): unknown {
  const isObject = (typeof module === "object" && module !== null) || typeof module === "function";
  if (isObject && (types.isModuleNamespaceObject(module) || "__esModule" in module)) return module;
  return { ...(isObject ? module : {}), default: module };
}

function isNotFound(error: unknown, id: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "MODULE_NOT_FOUND" && message.includes(`'${id}'`);
}
