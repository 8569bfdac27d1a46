import { createRequire, isBuiltin } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";

/** Node's codes for what `require` does not load and `import()` may: a module that awaits, exports for `import` only. */
export const MUST_BE_IMPORTED: ReadonlySet<string> = new Set([
  "ERR_REQUIRE_ASYNC_MODULE",
  "ERR_REQUIRE_ESM",
  "ERR_PACKAGE_PATH_NOT_EXPORTED",
]);

const importers = new Map<string, (id: string) => Promise<object>>();

/** Node's own `import()`, as if it stood in a file of `directory`. */
export function importModule(id: string, directory: string): Promise<object> {
  let importer = importers.get(directory);
  if (!importer) {
    const script = new vm.Script("(id) => import(id)", {
      filename: join(directory, "cell.js"),
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    importer = script.runInThisContext() as (id: string) => Promise<object>;
    importers.set(directory, importer);
  }
  return importer(id);
}

/** `import.meta.resolve(id)` in `file`: a URL. */
export function resolveModule(id: string, file: string): string {
  if (isBuiltin(id)) return id.startsWith("node:") ? id : `node:${id}`;
  if (/^(\.{0,2}\/|[a-z]+:)/.test(id)) return new URL(id, pathToFileURL(file)).href;
  return pathToFileURL(createRequire(file).resolve(id)).href;
}
