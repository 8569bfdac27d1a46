import { setTimeout as delay } from "node:timers/promises";
import { type KernelClient, KernelDiedError } from "../../jupyter/client.js";
import type { Content } from "../../jupyter/message.js";
import { NotebookOutputs } from "./cell-outputs.js";
import { type Cell, joined, type Notebook, type Output } from "./notebook-file.js";
import { hasTag } from "./parameters.js";

/** How long a cell that was interrupted may take to end. */
const GRACE_MS = 10_000;

/** How a cell ended; with an error, what a notebook shows of it. */
export interface CellEnd {
  status: "ok" | "error" | "interrupted" | "timeout" | "died";
  /** Lines for people; empty when all is well. */
  traceback: string[];
}

export interface Execution {
  /** Longest time of one cell; none: no limit. */
  timeoutMs?: number;
  /** Ends the run: the first interrupts the cell, an abort of `giveUp` ends the kernel. */
  stop: AbortSignal;
  giveUp: AbortSignal;
  /** Before a cell, `index` of `count`, and after it. */
  onStart(cell: Cell, index: number, count: number): void;
  onEnd(cell: Cell, end: CellEnd): void;
}

/**
 * Executes the code cells of a notebook in order, until one fails, and leaves their outputs in it.
 *
 * A cell tagged `raises-exception` may fail; one tagged `skip-execution` is left out.
 */
export async function executeNotebook(
  notebook: Notebook,
  client: KernelClient,
  options: Execution,
): Promise<CellEnd> {
  const code = notebook.cells.filter((cell) => cell.cell_type === "code");
  for (const cell of code) Object.assign(cell, { outputs: [], execution_count: null });
  const cells = code.filter((cell) => !hasTag(cell, "skip-execution") && joined(cell.source).trim() !== "");
  const outputs = new NotebookOutputs();
  for (const [index, cell] of cells.entries()) {
    options.onStart(cell, index, cells.length);
    const end = await executeCell(cell, client, outputs, options);
    options.onEnd(cell, end);
    const isForgiven = end.status === "error" && hasTag(cell, "raises-exception");
    if (end.status !== "ok" && !isForgiven) return end;
  }
  return { status: "ok", traceback: [] };
}

async function executeCell(
  cell: Cell,
  client: KernelClient,
  outputs: NotebookOutputs,
  { timeoutMs, stop, giveUp }: Execution,
): Promise<CellEnd> {
  const list: Output[] = [];
  cell.outputs = list;
  let isLate = false;
  const interrupt = () => {
    client.interrupt();
    void delay(GRACE_MS, undefined, { ref: false, signal: done.signal }).then(kill, () => {});
  };
  const kill = () => client.kill();
  const done = new AbortController();
  const expire = () => {
    isLate = true;
    interrupt();
  };
  const timer = timeoutMs && setTimeout(expire, timeoutMs);
  stop.addEventListener("abort", interrupt);
  giveUp.addEventListener("abort", kill);
  const ended = (status: CellEnd["status"], ename: string, evalue: string): CellEnd => {
    const error = { output_type: "error", ename, evalue, traceback: [`${ename}: ${evalue}`] };
    // The kernel's own error is the interrupt's: this one says why.
    if (list.at(-1)?.output_type === "error") list.pop();
    list.push(error);
    return { status, traceback: error.traceback };
  };
  try {
    const content = { code: joined(cell.source), silent: false, store_history: true };
    const more = { user_expressions: {}, allow_stdin: false, stop_on_error: true };
    const reply = await client.request("execute_request", { ...content, ...more }, outputs.cell(list));
    cell.execution_count = (reply.execution_count as number | undefined) ?? null;
    if (isLate)
      return ended("timeout", "CellTimeoutError", `the cell took longer than ${timeoutMs! / 1000} s`);
    // A cell may end well although it was interrupted: profile() returns what was sampled.
    if (stop.aborted) return { status: "interrupted", traceback: [] };
    return reply.status === "ok"
      ? { status: "ok", traceback: [] }
      : { status: "error", traceback: lines(reply) };
  } catch (error) {
    if (!(error instanceof KernelDiedError)) throw error;
    if (isLate)
      return ended(
        "timeout",
        "CellTimeoutError",
        `the cell took longer than ${timeoutMs! / 1000} s and was ended`,
      );
    if (stop.aborted) return ended("interrupted", "KernelDiedError", "interrupted, and ended by force");
    return ended("died", "KernelDiedError", `the kernel ${error.message} while the cell ran`);
  } finally {
    done.abort();
    clearTimeout(timer);
    stop.removeEventListener("abort", interrupt);
    giveUp.removeEventListener("abort", kill);
  }
}

function lines({ traceback, ename, evalue, status }: Content): string[] {
  if (Array.isArray(traceback) && traceback.length > 0) return traceback;
  return [ename === undefined ? `the cell was ${status}` : `${ename}: ${evalue}`];
}
