import { parentPort } from "node:worker_threads";
import { Compiler } from "./compiler.js";

/** What may be asked of the compiler's thread. */
export type CompilerMethod = "compile" | "commit" | "complete" | "inspect" | "isComplete";

/** A question to the compiler's thread; the answer carries the same `id`. */
export interface CompilerRequest {
  id: number;
  method: CompilerMethod;
  arguments: unknown[];
}

export type CompilerResponse = { id: number; value: unknown } | { id: number; error: string };

const port = parentPort!;
const compiler = new Compiler();
compiler.compile("profile", 0); // binds the globals' declarations before the first cell asks

port.on("message", ({ id, method, arguments: list }: CompilerRequest) => {
  try {
    const ask = compiler[method] as (...list: unknown[]) => unknown;
    port.postMessage({ id, value: ask.apply(compiler, list) });
  } catch (error) {
    port.postMessage({ id, error: (error as Error).stack ?? String(error) });
  }
});
