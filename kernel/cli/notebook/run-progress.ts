import type { WriteStream } from "node:tty";
import type { CellEnd } from "./execute.js";
import { type Cell, joined } from "./notebook-file.js";

const MAX_CODE = 60;

/** A line for each cell: which of how many, how it ended, how long it took, how it begins. */
export class RunProgress {
  readonly #stream: WriteStream;
  #line = "";
  #code = "";
  #startedMs = 0;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  start(cell: Cell, index: number, count: number): void {
    const [first] = joined(cell.source).trim().split("\n");
    // Of a stranger's notebook, and the terminal obeys control characters.
    const shown = first.replace(/\p{C}/gu, "�");
    this.#code = shown.length > MAX_CODE ? `${shown.slice(0, MAX_CODE - 1)}…` : shown;
    this.#line = `cell ${String(index + 1).padStart(String(count).length)}/${count}`;
    this.#startedMs = performance.now();
    if (this.#stream.isTTY) this.#stream.write(`${this.#line}  …  ${this.#code}`);
  }

  end(status: CellEnd["status"]): void {
    const seconds = ((performance.now() - this.#startedMs) / 1000).toFixed(1);
    const restart = this.#stream.isTTY ? "\r\u001b[K" : "";
    this.#stream.write(`${restart}${this.#line}  ${status}  ${seconds} s  ${this.#code}\n`);
  }
}
