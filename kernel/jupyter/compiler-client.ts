import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Compiler } from "../cells/compiler.js";
import type { CompilerMethod, CompilerRequest, CompilerResponse } from "../cells/compiler-messages.js";
import { Interrupted } from "../cells/interrupt.js";
import { type CompilerProcess, startCompiler } from "./compiler-process.js";
import { isOutOfMemory } from "./death.js";

/** What a person does not wait for: a compiler that answers within this is left alone by an interrupt. */
const GRACE_MS = 200;

type Answer<M extends CompilerMethod> = ReturnType<Compiler[M]>;

interface Question {
  request: CompilerRequest;
  resolve(value: never): void;
  reject(error: Error): void;
}

/** The compiler in a process of its own. Calls made while it starts wait for it. */
export class CompilerClient {
  readonly #waiting = new Map<number, Question>();
  /** Undefined when it could not start; the next question tries again. */
  #process: CompilerProcess | undefined;
  /** Whether the process has said that it is ready. */
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
      this.#process ??= this.#start();
      this.#send(request);
    });
    if (method === "commit") this.#declarations = answer as string;
    return answer;
  }

  /**
   * Ends what the compiler works at, unless it is soon done: what was asked is refused with {@link Interrupted}, and another
   * compiler takes its place, which knows what the cells declared. One that still starts goes on with that.
   */
  async interrupt(): Promise<void> {
    const ids = [...this.#waiting.keys()];
    await sleep(GRACE_MS);
    const late = ids.map((id) => this.#waiting.get(id)).filter((question) => question !== undefined);
    if (this.#isClosed || late.length === 0) return;
    const hadStarted = this.#hasAnswered;
    for (const { request, reject } of late) {
      this.#waiting.delete(request.id);
      reject(new Interrupted());
    }
    if (!hadStarted) return;
    const busy = this.#process;
    this.#restart();
    busy?.child.kill("SIGKILL");
  }

  /** Lets it give memory back. */
  rest(): void {
    if (this.#hasAnswered && this.#waiting.size === 0) this.#send({ id: 0, method: "rest", arguments: [] });
  }

  /** Ends the process. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.clear(); // or an interrupt under way would start another
    if (!this.#process) return;
    const { child, channel } = this.#process;
    channel.destroy();
    child.kill("SIGKILL"); // it may be at work, and has nothing to lose
  }

  #send(request: CompilerRequest): void {
    this.#process?.channel.write(`${JSON.stringify(request)}\n`);
  }

  #start(): CompilerProcess {
    const started = startCompiler(process.cwd());
    this.#hasAnswered = false;
    started.channel.on("error", () => {}); // its end is heard of below
    let text = "";
    started.channel.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (text + chunk).split("\n");
      text = lines.pop()!;
      for (const line of lines) this.#receive(line);
    });
    started.child.on("error", (error) => this.#ended(started, error.message));
    started.child.on("close", (code, signal) => this.#ended(started, signal ?? `exit code ${code}`));
    if (this.#declarations !== undefined) {
      const request: CompilerRequest = { id: 0, method: "restore", arguments: [this.#declarations] };
      started.channel.write(`${JSON.stringify(request)}\n`);
    }
    return started;
  }

  #receive(line: string): void {
    // While no cell waits, a compiler that has just started binds the globals' declarations for the first one.
    if (!this.#hasAnswered && this.#waiting.size === 0)
      this.#send({ id: 0, method: "compile", arguments: ["profile", 0] });
    this.#hasAnswered = true;
    const response = JSON.parse(line) as CompilerResponse;
    const question = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if ("error" in response) question?.reject(new Error(response.error));
    else question?.resolve(response.value as never);
  }

  /** Starts another, which knows what the cells declared, and asks it what waits. */
  #restart(): void {
    this.#process = this.#start();
    for (const { request } of this.#waiting.values()) this.#send(request);
  }

  /** Starts another; what was asked of this one fails, unless it had a bad snapshot. */
  #ended(ended: CompilerProcess, how: string): void {
    if (this.#isClosed || ended !== this.#process) return;
    const isSnapshotUnusable = ended.snapshot !== undefined && !this.#hasAnswered;
    if (isSnapshotUnusable) rmSync(ended.snapshot!, { force: true });
    else {
      const error = new Error(isOutOfMemory(ended.errors()) ? OUT_OF_MEMORY : died(how));
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    }
    if (isSnapshotUnusable || this.#hasAnswered) this.#restart();
    else this.#process = undefined;
  }
}

const OUT_OF_MEMORY =
  "the compiler ran out of memory and was started again; it knows what earlier cells declared. Simpler types need less; " +
  "NODE_OPTIONS=--max-old-space-size=8192 in Jupyter's environment gives it 8 GiB.";

function died(how: string): string {
  return `the compiler ended (${how}) and was started again; run the cell once more`;
}
