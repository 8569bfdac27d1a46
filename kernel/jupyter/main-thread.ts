import { Session as InspectorSession } from "node:inspector";
import type { MessagePort } from "node:worker_threads";
import type { CompiledCell } from "../cells/compilation.js";
import { interruptedError } from "../cells/interrupt.js";
import type { CellOutcome } from "../cells/runner.js";
import type { FromMain, ToMain } from "./thread-messages.js";

/** Beyond this a main thread that does not answer is taken to be in a loop. */
const SOFT_INTERRUPT_MS = 200;

/** The thread that runs cells, as the protocol's thread sees it. */
export class MainThread {
  readonly #port: MessagePort;
  readonly #interrupts = new Map<number, (isHandled: boolean) => void>();
  #lastId = 0;
  #running: { id: number; end(outcome: CellOutcome): void } | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** Takes what the main thread says about cells and interrupts; false for other messages. */
  receive(message: FromMain): boolean {
    if (message.type === "outcome") {
      // An outcome of a cell that was given up after a termination comes too late.
      if (message.id === this.#running?.id) this.#running.end(message.outcome);
      return true;
    }
    if (message.type === "interrupted") {
      this.#interrupts.get(message.id)?.(message.isHandled);
      return true;
    }
    return false;
  }

  /** Runs a cell to its end. One at a time. */
  async run(cell: CompiledCell): Promise<CellOutcome> {
    const id = ++this.#lastId;
    const outcome = new Promise<CellOutcome>((end) => {
      this.#running = { id, end };
    });
    this.#send({ type: "run", id, cell });
    try {
      return await outcome;
    } finally {
      this.#running = undefined;
    }
  }

  /**
   * Stops what the main thread does: by asking, and when it does not answer by terminating what it runs.
   *
   * Termination unwinds without `catch` and `finally`, so that a cell may never say that it ended: then it is declared ended
   * here, unless a handler takes the interrupt afterwards.
   */
  async interrupt(): Promise<void> {
    const running = this.#running;
    const id = ++this.#lastId;
    const answer = new Promise<boolean>((resolve) => this.#interrupts.set(id, resolve));
    this.#send({ type: "interrupt", id });
    const isAnswered = await within(SOFT_INTERRUPT_MS, answer);
    if (!isAnswered) await this.terminate();
    const isHandled = await answer;
    this.#interrupts.delete(id);
    if (isAnswered || isHandled || !running) return;
    await sleep(SOFT_INTERRUPT_MS);
    running.end({ status: "error", error: interruptedError(), unassigned: [] });
  }

  /** Ends what the main thread runs at this moment; its variables survive. */
  async terminate(): Promise<void> {
    const inspector = new InspectorSession();
    inspector.connectToMainThread();
    await new Promise((done) => inspector.post("Runtime.terminateExecution", done));
    inspector.disconnect();
  }

  /** Ends the process, by force if it must be. Does not return. */
  async exit(): Promise<void> {
    this.#send({ type: "exit" });
    await sleep(SOFT_INTERRUPT_MS);
    await within(SOFT_INTERRUPT_MS, this.terminate());
    await sleep(SOFT_INTERRUPT_MS);
    process.kill(process.pid, "SIGKILL");
  }

  #send(message: ToMain): void {
    this.#port.postMessage(message);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whether `promise` settles in time. */
async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), sleep(ms).then(() => false)]);
}
