import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { CompiledCell } from "../cells/compilation.js";
import type { CellOutcome } from "../cells/runner.js";
import type { CommEvent } from "../display/comm.js";
import { CELL_FLAGS } from "./cell-flags.js";
import {
  CONTROL_FD,
  EVENTS_FD,
  type FromCells,
  type FromControl,
  type InputAnswer,
  type StreamName,
  type ToCells,
} from "./cell-messages.js";
import { type Death, lastWords } from "./death.js";
import { encodeFrame, FrameReader } from "./frames.js";
import { perfMap } from "./perf-map.js";

const CELL_MAIN = fileURLToPath(new URL("cell-main.js", import.meta.url));

/** Time for the handlers that cells have set on `exit`. */
const EXIT_MS = 1000;

/** Turns of the event loop in which a pipe that has something is read, and what it has is told. */
const PIPE_TURNS = 3;

/** What the kernel hears of its cells' process. */
export interface CellListener {
  /** Anything but outcomes; in the order in which it happened. */
  receive(message: Exclude<FromCells, { type: "outcome" | "ready" | "child-ended" }>): void;
  /** The process ended unasked, and all that it printed has been told. */
  died(death: Death): void;
}

/** The process that runs cells, as the kernel sees it. */
export class CellProcess {
  readonly #child: ChildProcess;
  readonly #control: Socket;
  readonly #listener: CellListener;
  readonly #interrupts = new Map<number, () => void>();
  readonly #ended: Promise<unknown>;
  #lastId = 0;
  #running: { id: number; end(outcome: CellOutcome): void } | undefined;
  #heapLimitBytes = 0;
  #isExpectedToEnd = false;
  /** The end of what native code printed to stderr. */
  #nativeErrors = "";

  constructor(listener: CellListener) {
    this.#listener = listener;
    this.#child = spawn(process.execPath, [...CELL_FLAGS, CELL_MAIN], {
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
    });
    for (const name of ["stdout", "stderr"] as const) {
      this.#child[name]!.setEncoding("utf8").on("data", (text: string) => this.#native(name, text));
    }
    const events = this.#child.stdio[EVENTS_FD] as Socket;
    const reader = new FrameReader<FromCells>((message) => this.#receive(message));
    events.on("data", (chunk) => reader.push(chunk));
    this.#control = this.#child.stdio[CONTROL_FD] as Socket;
    this.#control.on("error", () => {}); // it ends with the process, which is told by `close`
    const answers = new FrameReader<FromControl>(({ id }) => this.#interrupts.get(id)?.());
    this.#control.on("data", (chunk) => answers.push(chunk));
    this.#ended = once(this.#child, "close"); // after the last byte of its pipes
    this.#ended.then(() => this.#hasEnded());
  }

  /** Runs a cell to its end, for the request of a number. One at a time. */
  async run(cell: CompiledCell, parent: number): Promise<CellOutcome> {
    const id = ++this.#lastId;
    const outcome = new Promise<CellOutcome>((end) => {
      this.#running = { id, end };
    });
    this.#send({ type: "run", id, parent, cell });
    try {
      return await outcome;
    } finally {
      this.#running = undefined;
    }
  }

  /** Stops what the process does; resolves when it answers again. */
  async interrupt(): Promise<void> {
    const id = ++this.#lastId;
    const answer = new Promise<void>((resolve) => this.#interrupts.set(id, resolve));
    this.#send({ type: "interrupt", id });
    await Promise.race([answer, this.#ended]);
    this.#interrupts.delete(id);
  }

  /** Takes nothing from the process until then: it waits when it goes on to print. */
  async pause(until: Promise<void>): Promise<void> {
    const pipes = [this.#child.stdout, this.#child.stderr, this.#child.stdio[EVENTS_FD]] as Socket[];
    for (const pipe of pipes) pipe.pause();
    await until;
    for (const pipe of pipes) pipe.resume();
  }

  /** Gives the answer to a question of `prompt()`. */
  answerInput(id: number, answer: InputAnswer): void {
    this.#send({ type: "input", id, answer });
  }

  /** Hands what a client did with a comm to its handlers; they are done when `comm-handled` comes. */
  tellComm(number: number, event: CommEvent): void {
    this.#send({ type: "comm", number, event });
  }

  /** Ends the process, by force if it must be. */
  async exit(): Promise<void> {
    this.#isExpectedToEnd = true;
    this.#send({ type: "exit" });
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), EXIT_MS);
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
    clearTimeout(timer);
    rmSync(perfMap(this.#child.pid!), { force: true });
  }

  /** Ends the cell that runs, as one that cannot say it itself; false when none does. */
  giveUp(outcome: CellOutcome): boolean {
    this.#running?.end(outcome);
    return this.#running !== undefined;
  }

  #send(message: ToCells): void {
    this.#control.write(encodeFrame(message));
  }

  #receive(message: FromCells): void {
    if (message.type === "ready") this.#heapLimitBytes = message.heapLimitBytes;
    else if (message.type === "outcome") afterPipes(() => this.#end(message.id, message.outcome));
    else if (message.type === "child-ended") afterPipes(() => this.#send({ type: "pipes-read" }));
    else this.#listener.receive(message);
  }

  #end(id: number, outcome: CellOutcome): void {
    if (id === this.#running?.id) this.#running.end(outcome);
  }

  /** What children with `stdio: "inherit"` and native code print. */
  #native(name: StreamName, text: string): void {
    if (name === "stderr") this.#nativeErrors = lastWords(this.#nativeErrors + text);
    // What the cell said before is in the other pipe, and comes in this turn.
    setImmediate(() => this.#listener.receive({ type: "stream", parent: undefined, name, text }));
  }

  async #hasEnded(): Promise<void> {
    rmSync(perfMap(this.#child.pid!), { force: true });
    if (this.#isExpectedToEnd) return;
    await new Promise<void>((done) => afterPipes(done));
    const { exitCode: code, signalCode: signal } = this.#child;
    const [nativeErrors, heapLimitBytes] = [this.#nativeErrors, this.#heapLimitBytes];
    this.#listener.died({ code, signal, nativeErrors, heapLimitBytes });
  }
}

/** Goes on when what children printed until now, which is in other pipes, has been read and told. */
function afterPipes(then: () => void, turns = PIPE_TURNS): void {
  setImmediate(turns > 1 ? () => afterPipes(then, turns - 1) : then);
}
