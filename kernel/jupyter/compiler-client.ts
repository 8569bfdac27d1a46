import { Worker } from "node:worker_threads";
import type { Compiler } from "../cells/compiler.js";
import type { CompilerMethod, CompilerRequest, CompilerResponse } from "../cells/compiler-thread.js";

type Answer<M extends CompilerMethod> = ReturnType<Compiler[M]>;

/** The compiler in a thread of its own. Calls made while TypeScript is loading wait for it. */
export class CompilerClient {
  readonly #worker = new Worker(new URL("../cells/compiler-thread.js", import.meta.url));
  readonly #waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  #lastId = 0;

  constructor() {
    this.#worker.on("message", (response: CompilerResponse) => {
      const waiting = this.#waiting.get(response.id);
      this.#waiting.delete(response.id);
      if ("error" in response) waiting?.reject(new Error(response.error));
      else waiting?.resolve(response.value as never);
    });
    this.#worker.on("error", (error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  /** @throws what the compiler threw; its thread goes on */
  ask<M extends CompilerMethod>(method: M, ...list: Parameters<Compiler[M]>): Promise<Answer<M>> {
    const id = ++this.#lastId;
    this.#worker.postMessage({ id, method, arguments: list } satisfies CompilerRequest);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }
}
