import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
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

/** Time for the handlers that cells have set on `exit`, when the kernel ends. */
const EXIT_MS = 1000;

/** What a process that ends by itself may take for it: for those handlers, and for its threads, which may be in native code. */
const GOING_MS = 5000;

/** How long what a process printed is waited for after its end, when a child that outlives it has its stdout. */
const REST_MS = 500;

/** In so many parts: before each the subscribers may catch up. */
const REST_PARTS = 10;

/** Turns of the event loop in which a pipe that has something is read, and what it has is told. */
const PIPE_TURNS = 3;

/** What the kernel hears of its cells' process. */
export interface CellListener {
  /** Anything but outcomes; in the order in which it happened. */
  receive(message: Exclude<FromCells, { type: "outcome" | "ready" | "child-ended" | "exiting" }>): void;
  /** The process ended unasked, and all that it printed has been told. */
  died(death: Death): void;
}

/** The process that runs cells, as the kernel sees it. */
export class CellProcess {
  readonly #child: ChildProcess;
  readonly #control: Socket;
  readonly #listener: CellListener;
  readonly #interrupts = new Map<number, () => void>();
  readonly #ended: Promise<void>;
  #lastId = 0;
  #running: { id: number; end(outcome: CellOutcome): void } | undefined;
  #heapLimitBytes = 0;
  #isExpectedToEnd = false;
  /** The end of what native code printed to stderr. */
  #nativeErrors = "";
  /** What it says that it exits with. */
  #exitCode: number | undefined;
  #forceTimer: NodeJS.Timeout | undefined;
  /** Ends when what was paused last goes on. */
  #paused: Promise<void> | undefined;
  #isForced = false;

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
    this.#control.on("error", () => {}); // it ends with the process
    this.#control.on("close", () => this.#forceEnd()); // its other end is closed when the process ends, however that began
    const answers = new FrameReader<FromControl>(({ id }) => this.#interrupts.get(id)?.());
    this.#control.on("data", (chunk) => answers.push(chunk));
    this.#ended = this.#end();
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
    // Of one that has ended, what it said is in its pipes, and no more will come; its children may still print.
    const pipes = hasExited(this.#child) ? this.#pipes.slice(0, 2) : this.#pipes;
    for (const pipe of pipes) pipe.pause();
    this.#paused = until;
    await until;
    for (const pipe of pipes) pipe.resume();
  }

  /** By which it tells what is printed: its stdout, its stderr, its events. */
  get #pipes(): Socket[] {
    return [this.#child.stdout, this.#child.stderr, this.#child.stdio[EVENTS_FD]] as Socket[];
  }

  /** Gives the answer to a question of `prompt()`. */
  answerInput(id: number, answer: InputAnswer): void {
    this.#send({ type: "input", id, answer });
  }

  /** Hands what a client did with a comm to its handlers; they are done when `comm-handled` comes. */
  tellComm(number: number, event: CommEvent): void {
    this.#send({ type: "comm", number, event });
  }

  /** Lets it give memory back. */
  rest(): void {
    this.#send({ type: "rest" });
  }

  /** Ends the process, by force if it must be. */
  async exit(): Promise<void> {
    this.#isExpectedToEnd = true;
    this.#send({ type: "exit" });
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), EXIT_MS);
    if (!hasExited(this.#child)) await once(this.#child, "exit");
    clearTimeout(timer);
    rmSync(perfMap(this.#child.pid!), { force: true });
  }

  /** Hears no more of a process that has ended, nor of its children. */
  close(): void {
    for (const pipe of [...this.#pipes, this.#control]) pipe.destroy();
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
    if (message.type === "outcome" || message.type === "comm-handled") this.#goesOn();
    if (message.type === "ready") this.#heapLimitBytes = message.heapLimitBytes;
    else if (message.type === "outcome") afterPipes(() => this.#endCell(message.id, message.outcome));
    else if (message.type === "child-ended") afterPipes(() => this.#send({ type: "pipes-read" }));
    else if (message.type === "exiting") this.#exits(message.code);
    else this.#listener.receive(message);
  }

  #endCell(id: number, outcome: CellOutcome): void {
    if (id === this.#running?.id) this.#running.end(outcome);
  }

  /** What children with `stdio: "inherit"` and native code print. */
  #native(name: StreamName, text: string): void {
    if (name === "stderr") this.#nativeErrors = lastWords(this.#nativeErrors + text);
    // What the cell said before is in the other pipe, and comes in this turn.
    setImmediate(() => this.#listener.receive({ type: "stream", parent: undefined, name, text }));
  }

  #exits(code: number): void {
    this.#exitCode = code;
    this.#forceEnd();
  }

  /** What code of a cell said as Node does at an exit, by `process.emit("exit")`, was none. */
  #goesOn(): void {
    if (this.#control.destroyed) return;
    clearTimeout(this.#forceTimer);
    this.#forceTimer = undefined;
    this.#exitCode = undefined;
  }

  /** Ends a process that should end, when it has not. */
  #forceEnd(): void {
    if (hasExited(this.#child)) return;
    this.#forceTimer ??= setTimeout(() => {
      this.#isForced = this.#child.kill("SIGKILL");
    }, GOING_MS);
  }

  /** Resolves when the process has ended, and all that it printed has been told. */
  async #end(): Promise<void> {
    const pipesClosed = once(this.#child, "close");
    await once(this.#child, "exit");
    clearTimeout(this.#forceTimer);
    rmSync(perfMap(this.#child.pid!), { force: true });
    for (const pipe of this.#pipes) pipe.resume();
    await this.#rest(pipesClosed);
    await new Promise<void>((done) => afterPipes(done));
    if (!this.#isExpectedToEnd) this.#listener.died(this.#death());
  }

  /** Resolves when all is read, or nothing more is waited for. Subscribers that read late are waited for besides. */
  async #rest(pipesClosed: Promise<unknown>): Promise<void> {
    let isClosed = false;
    const closed = pipesClosed.then(() => {
      isClosed = true;
    });
    for (let part = 0; part < REST_PARTS && !isClosed; part++) {
      await this.#paused;
      await Promise.race([closed, sleep(REST_MS / REST_PARTS, undefined, { ref: false })]);
    }
  }

  #death(): Death {
    const { exitCode, signalCode } = this.#child;
    const hasSaidCode = this.#isForced && this.#exitCode !== undefined;
    const [code, signal] = hasSaidCode ? [this.#exitCode!, null] : [exitCode, signalCode];
    const [nativeErrors, heapLimitBytes] = [this.#nativeErrors, this.#heapLimitBytes];
    return { code, signal, isForced: this.#isForced, nativeErrors, heapLimitBytes };
  }
}

function hasExited({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Goes on when what children printed until now, which is in other pipes, has been read and told. */
function afterPipes(then: () => void, turns = PIPE_TURNS): void {
  setImmediate(turns > 1 ? () => afterPipes(then, turns - 1) : then);
}
