import { statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import vm from "node:vm";
import type { SideFile } from "./compilation.js";
import type { CellRuntime } from "./emitted-names.js";
import { rememberSource } from "./stack-trace.js";

/** What a file of the notebook's folder may ask for. */
interface Loader {
  require(id: string, directory: string): unknown;
  import(id: string, directory: string): Promise<unknown>;
  prepare(ids: readonly string[], directory: string): Promise<void>;
  meta(file: string, directory: string): ImportMeta;
}

interface LoadedFile {
  exports: unknown;
  /** Settles when a file that awaits is done. */
  done?: Promise<void>;
}

/** The code is a block of its own: what it declares may have the name of a parameter. */
const PREFIX = `(function (exports, require, module, __filename, __dirname, __cell) {"use strict";{`;
const ASYNC_PREFIX = `(async ${PREFIX.slice(1)}`;

/** The notebook's own modules: files beside it that the compiler translated. */
export class SideFiles {
  readonly #loader: Loader;
  readonly #files = new Map<string, SideFile>();
  readonly #loaded = new Map<string, LoadedFile>();

  constructor(loader: Loader) {
    this.#loader = loader;
  }

  /** Takes translated files. One that changed is loaded anew, and so are those that import it. */
  add(files: readonly SideFile[]): void {
    for (const file of files) this.#files.set(file.path, file);
    for (const { path } of files) this.#forget(path);
  }

  #forget(path: string): void {
    if (!this.#loaded.delete(path)) return;
    for (const [user, { imports }] of this.#files)
      if (imports.some((id) => this.#find(id, dirname(user)) === path)) this.#forget(user);
  }

  /** Loads a file, and before it what it imports; false for what is no such file. */
  async load(id: string, directory: string): Promise<boolean> {
    const path = this.#find(id, directory);
    if (path === undefined) return false;
    const known = this.#loaded.get(path);
    if (known) await known.done;
    else await this.#start(path, async (file) => this.#loader.prepare(file.imports, dirname(path)));
    return true;
  }

  /** A file that is loaded, or that can be loaded at once. */
  require(id: string, directory: string): { exports: unknown } | undefined {
    const path = this.#find(id, directory);
    if (path === undefined) return undefined;
    const known = this.#loaded.get(path);
    if (!known) void this.#start(path);
    return known ?? this.#loaded.get(path);
  }

  #start(path: string, prepare?: (file: SideFile) => Promise<void>): Promise<void> | undefined {
    const file = this.#files.get(path)!;
    if (file.isAsync && !prepare)
      throw Object.assign(
        new Error(`${path} awaits at its top level: require() cannot load it, import and import() can`),
        { code: "ERR_REQUIRE_ASYNC_MODULE" },
      );
    const module: LoadedFile = { exports: {} };
    this.#loaded.set(path, module); // before it runs, for circular imports
    const run = () => this.#run(file, module);
    const fail = (error: unknown) => {
      this.#loaded.delete(path);
      throw error;
    };
    if (prepare) {
      // A circle of imports does not wait for itself: only who began the loading waits.
      const done = prepare(file).then(run).catch(fail);
      if (file.isAsync) module.done = done;
      return done;
    }
    try {
      run();
    } catch (error) {
      fail(error);
    }
    return undefined;
  }

  #run(file: SideFile, module: LoadedFile): void | Promise<void> {
    const { path } = file;
    const directory = dirname(path);
    const source = rememberSource(path, file);
    const script = new vm.Script(`${file.isAsync ? ASYNC_PREFIX : PREFIX}${file.code}\n}})`, {
      filename: source,
    });
    const require = (id: string) => this.#loader.require(id, directory);
    const runtime: Pick<CellRuntime, "require" | "import" | "meta"> = {
      require,
      import: (id) => this.#loader.import(String(id), directory),
      meta: this.#loader.meta(basename(source), directory),
    };
    return script.runInThisContext()(module.exports, require, module, source, directory, runtime);
  }

  #find(id: string, directory: string): string | undefined {
    if (!id.startsWith(".") && !id.startsWith("/")) return undefined;
    const path = resolve(directory, id);
    const names = [path, path.replace(/\.ts$/, ".js"), `${path}.js`, join(path, "index.js")];
    return names.find((name) => extname(name) && this.#files.has(name));
  }
}

const jsonTimes = new Map<string, number>();

/** A JSON file that changed since it was read is read again. */
export function forgetChangedJson(id: string, node: NodeJS.Require): void {
  if (!id.endsWith(".json") || !/^\.{0,2}\//.test(id)) return;
  try {
    const path = node.resolve(id);
    const time = statSync(path).mtimeMs;
    if (jsonTimes.get(path) !== time) delete node.cache[path];
    jsonTimes.set(path, time);
  } catch {
    // not there: `require` says so
  }
}
