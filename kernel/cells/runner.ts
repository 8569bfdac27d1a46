import { join } from "node:path";
import vm from "node:vm";
import { displaysPublished } from "../display/display.js";
import type { MimeBundle } from "../display/mime.js";
import { toMimeBundle } from "../display/mime-bundle.js";
import type { CellError, CompiledCell } from "./compilation.js";
import { cellError } from "./errors.js";
import type { BundledModules } from "./globals.js";
import { globalValues } from "./globals.js";
import { interruption } from "./interrupt.js";
import { CellRequire } from "./require.js";
import { Scope } from "./scope.js";
import { rememberCell } from "./stack-trace.js";

/** How a cell ended. */
export type CellOutcome =
  | { status: "ok"; result?: MimeBundle }
  /** `unassigned`: variables that the cell declares and did not reach. */
  | { status: "error"; error: CellError; unassigned: string[] };

const PREFIX = "(async function cell(exports, require, module, __filename, __dirname) {";

/** Runs compiled cells, one after the other, in this thread and one shared scope. */
export class CellRunner {
  readonly #directory: string;
  readonly #scope: Scope;
  readonly #require: CellRequire;

  /** @param directory where relative imports and packages are looked for */
  constructor(directory: string, modules: BundledModules) {
    this.#directory = directory;
    this.#scope = new Scope(globalValues(modules));
    this.#require = new CellRequire(directory, modules);
  }

  /** Runs a cell until its top-level awaits are done, its displays are published, or an interrupt ends it. */
  async run(cell: CompiledCell): Promise<CellOutcome> {
    const interrupted = interruption();
    rememberCell(cell);
    this.#require.addSideFiles(cell.sideFiles);
    try {
      await Promise.race([this.#evaluate(cell), interrupted]);
      const value = cell.lastExpression === undefined ? undefined : this.#scope.take(cell.lastExpression);
      const result = value === undefined ? undefined : await Promise.race([toMimeBundle(value), interrupted]);
      await Promise.race([displaysPublished(), interrupted]);
      return { status: "ok", result };
    } catch (error) {
      return { status: "error", error: cellError(error), unassigned: this.#scope.unassigned() };
    }
  }

  /** In a task of its own, so that a termination of the cell's code leaves {@link run} alive to see the interrupt. */
  #evaluate(cell: CompiledCell): Promise<void> {
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(this.#start(cell));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #start(cell: CompiledCell): Promise<void> {
    // Emitted code begins with a line of its own, "use strict": the prefix moves no position of the cell.
    const script = new vm.Script(`${PREFIX}${cell.code}\n})`, { filename: cell.fileName });
    const { exports } = this.#scope;
    const require = this.#require.function;
    const run = script.runInThisContext();
    return run(exports, require, { exports, require }, join(this.#directory, cell.fileName), this.#directory);
  }
}
