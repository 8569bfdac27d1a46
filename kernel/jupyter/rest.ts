import { giveMemoryBack } from "../cells/give-memory-back.js";
import type { CellProcess } from "./cell-process.js";
import type { CompilerClient } from "./compiler-client.js";

/** After so long without a cell the kernel rests. */
const REST_MS = 10_000;

/**
 * Has the kernel's processes give memory back while nobody works with them: V8 collects when it allocates, and a kernel that
 * rests, among others on its machine, does not.
 */
export class Rest {
  readonly #cells: CellProcess;
  readonly #compiler: CompilerClient;
  #cellsAtWork = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(cells: CellProcess, compiler: CompilerClient) {
    this.#cells = cells;
    this.#compiler = compiler;
  }

  /** Waits for a cell, and rests when no other follows. */
  async after(cell: Promise<void>): Promise<void> {
    clearTimeout(this.#timer);
    this.#cellsAtWork++;
    try {
      await cell;
    } finally {
      if (--this.#cellsAtWork === 0) this.#timer = setTimeout(() => this.#begin(), REST_MS).unref();
    }
  }

  #begin(): void {
    this.#cells.rest();
    this.#compiler.rest();
    giveMemoryBack();
  }
}
