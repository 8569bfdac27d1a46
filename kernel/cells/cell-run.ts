import type { CompiledCell } from "./compilation.js";
import type { CellRuntime } from "./emitted-names.js";
import type { CellModules } from "./modules.js";
import type { Scope } from "./scope.js";

/** One run of a cell, as its emitted code sees it. */
export class CellRun implements CellRuntime {
  last: unknown;
  readonly #scope: Scope;
  readonly #modules: CellModules;
  readonly #fileName: string;
  readonly #pending: Set<string>;

  constructor(cell: CompiledCell, scope: Scope, modules: CellModules) {
    this.#scope = scope;
    this.#modules = modules;
    this.#fileName = cell.fileName;
    this.#pending = new Set(cell.declares);
  }

  /** Names that the cell declares and has not come to. */
  get unassigned(): string[] {
    return [...this.#pending];
  }

  reach(name: string): void {
    this.#pending.delete(name);
  }

  /** Gives a variable that the cell declares beside its code its value. */
  assign(name: string, value: unknown): void {
    this.#scope.exports[name] = value;
    this.reach(name);
  }

  link(name: string, get: () => unknown): void {
    this.#scope.link(name, get);
  }

  require(id: string): unknown {
    return this.#modules.require(id);
  }

  import(specifier: unknown): Promise<unknown> {
    return this.#modules.import(String(specifier));
  }

  get meta(): ImportMeta {
    return this.#modules.meta(this.#fileName);
  }
}
