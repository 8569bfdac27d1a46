import { join } from "node:path";
import vm from "node:vm";
import { displaysPublished, isDisplay } from "../display/display.js";
import type { MimeBundle } from "../display/mime.js";
import { toMimeBundle } from "../display/mime-bundle.js";
import { CellRun } from "./cell-run.js";
import type { CellError, CompiledCell } from "./compilation.js";
import { cellError } from "./errors.js";
import { frameColumns } from "./frame-columns.js";
import type { BundledModules } from "./globals.js";
import { globalValues } from "./globals.js";
import { interruption } from "./interrupt.js";
import { runMagic } from "./magic-run.js";
import { CellModules } from "./modules.js";
import { Scope } from "./scope.js";
import { rememberCell } from "./stack-trace.js";

/** How a cell ended; `columns`: those of the notebook's frames then, by variable. */
export type CellOutcome = { columns?: Record<string, string[]> } & (
  | { status: "ok"; result?: MimeBundle }
  /** `unassigned`: variables that the cell declares and did not reach. */
  | { status: "error"; error: CellError; unassigned: string[] }
);

/** The code is a block of its own: what it declares may have the name of a parameter. */
const PREFIX = `(async function (exports, require, module, __filename, __dirname, __cell) {"use strict";{`;

/** Runs compiled cells, one after the other, in this thread and one shared scope. */
export class CellRunner {
  readonly #directory: string;
  readonly #bundled: BundledModules;
  readonly #scope: Scope;
  readonly #modules: CellModules;
  #current: CellRun | undefined;

  /** @param directory where relative imports and packages are looked for */
  constructor(directory: string, bundled: BundledModules) {
    this.#directory = directory;
    this.#bundled = bundled;
    this.#scope = new Scope(globalValues(bundled));
    this.#modules = new CellModules(directory, bundled);
  }

  async run(cell: CompiledCell): Promise<CellOutcome> {
    const outcome = await this.#run(cell);
    return { ...outcome, columns: frameColumns(this.#scope.exports) };
  }

  /** Runs a cell until its top-level awaits are done, its displays are published, or an interrupt ends it. */
  async #run(cell: CompiledCell): Promise<CellOutcome> {
    const interrupted = interruption();
    rememberCell(cell);
    this.#modules.addSideFiles(cell.sideFiles);
    const run = new CellRun(cell, this.#scope, this.#modules);
    this.#current = run;
    try {
      const evaluate = () => this.#evaluate(cell, run);
      const { magic } = cell;
      await Promise.race([magic ? runMagic(magic, run, this.#bundled, evaluate) : evaluate(), interrupted]);
      const { last } = run;
      const result =
        last === undefined || isDisplay(last)
          ? undefined
          : await Promise.race([toMimeBundle(last), interrupted]);
      await Promise.race([displaysPublished(), interrupted]);
      return { status: "ok", result };
    } catch (error) {
      return { status: "error", error: cellError(error), unassigned: run.unassigned };
    }
  }

  /** Names that the cell which runs, or ran last, declares and has not come to. */
  get unassigned(): string[] {
    return this.#current?.unassigned ?? [];
  }

  /** In a task of its own, so that a termination of the cell's code leaves {@link run} alive to see the interrupt. */
  #evaluate(cell: CompiledCell, run: CellRun): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => resolve(this.#start(cell, run)));
    });
  }

  async #start(cell: CompiledCell, run: CellRun): Promise<void> {
    if (cell.imports.length > 0) await this.#modules.prepare(cell.imports);
    // Emitted code begins with a line of its own, "use strict": the prefix moves no position of the cell.
    const script = new vm.Script(`${PREFIX}${cell.code}\n}})`, { filename: cell.fileName });
    const { exports } = this.#scope;
    const { require } = this.#modules;
    const file = join(this.#directory, cell.fileName);
    await script.runInThisContext()(exports, require, { exports, require }, file, this.#directory, run);
  }
}
