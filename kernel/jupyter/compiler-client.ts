import { rmSync } from "node:fs";
import type { Compiler } from "../cells/compiler.js";
import type { CompilerMethod, CompilerRequest, CompilerResponse } from "../cells/compiler-messages.js";
import { type CompilerProcess, startCompiler } from "./compiler-process.js";

type Answer<M extends CompilerMethod> = ReturnType<Compiler[M]>;

interface Question {
  request: CompilerRequest;
  resolve(value: never): void;
  reject(error: Error): void;
}

/** The compiler in a process of its own. Calls made while it starts wait for it. */
export class CompilerClient {
  readonly #waiting = new Map<number, Question>();
  #process: CompilerProcess;
  #hasAnswered = false;
  #isClosed = false;
  /** What the cells so far declare, for a compiler that must be started anew. */
  #declarations: string | undefined;
  #lastId = 0;

  constructor() {
    this.#process = this.#start();
  }

  /** @throws what the compiler threw; it goes on */
  async ask<M extends CompilerMethod>(method: M, ...list: Parameters<Compiler[M]>): Promise<Answer<M>> {
    const request: CompilerRequest = { id: ++this.#lastId, method, arguments: list };
    const answer = await new Promise<Answer<M>>((resolve, reject) => {
      this.#waiting.set(request.id, { request, resolve, reject });
      this.#send(request);
    });
    if (method === "commit") this.#declarations = answer as string;
    return answer;
  }

  /** Ends the process. */
  close(): void {
    this.#isClosed = true;
    this.#process.channel.destroy();
  }

  #send(request: CompilerRequest): void {
    this.#process.channel.write(`${JSON.stringify(request)}\n`);
  }

  #start(): CompilerProcess {
    const started = startCompiler(process.cwd());
    started.channel.on("error", () => {}); // its end is heard of below
    let text = "";
    started.channel.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (text + chunk).split("\n");
      text = lines.pop()!;
      for (const line of lines) this.#receive(line);
    });
    started.child.on("error", (error) => this.#ended(started, error.message));
    started.child.on("exit", (code, signal) => this.#ended(started, signal ?? `exit code ${code}`));
    return started;
  }

  #receive(line: string): void {
    this.#hasAnswered = true;
    const response = JSON.parse(line) as CompilerResponse;
    const question = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if ("error" in response) question?.reject(new Error(response.error));
    else question?.resolve(response.value as never);
  }

  /** Starts another, which knows what the cells declared; what was asked of this one fails, or is asked again. */
  #ended({ snapshot }: CompilerProcess, how: string): void {
    if (this.#isClosed) return;
    const questions = [...this.#waiting.values()];
    const isSnapshotUnusable = snapshot !== undefined && !this.#hasAnswered;
    if (isSnapshotUnusable) rmSync(snapshot, { force: true });
    else {
      this.#waiting.clear();
      for (const { reject } of questions)
        reject(new Error(`the compiler ended (${how}) and was started again; run the cell once more`));
    }
    this.#process = this.#start();
    if (this.#declarations !== undefined)
      this.#send({ id: 0, method: "restore", arguments: [this.#declarations] });
    if (isSnapshotUnusable) for (const { request } of questions) this.#send(request);
  }
}
