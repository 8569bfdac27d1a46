import { rmSync } from "node:fs";
import { getHeapStatistics } from "node:v8";
import { Worker } from "node:worker_threads";
import { cellError } from "../cells/errors.js";
import { giveMemoryBack } from "../cells/give-memory-back.js";
import { bundledModules } from "../cells/globals.js";
import { interruptCell, interruptedError } from "../cells/interrupt.js";
import { type CellOutcome, CellRunner } from "../cells/runner.js";
import { cellOf, installStackTraces } from "../cells/stack-trace.js";
import { receiveComm, setCommChannel } from "../display/comm.js";
import { clearOutput } from "../display/display.js";
import { setPrompter } from "../display/prompt.js";
import { setPublisher } from "../display/publisher.js";
import { forgetInterruptedHooks, tolerateInterruptedHooks } from "./async-hooks.js";
import { captureOutput } from "./capture-output.js";
import { startPlainly } from "./cell-flags.js";
import {
  type ControlData,
  type ControlToMain,
  EVENTS_FD,
  type FromCells,
  type InterruptAnswer,
} from "./cell-messages.js";
import { followChildren } from "./child-output.js";
import { BlockingFrameWriter } from "./frames.js";
import { perfMap } from "./perf-map.js";
import { KernelPrompter } from "./prompter.js";
import { followTimers, runFor, setTaskParent, taskParent } from "./task-parent.js";

// The process that runs cells, and nothing else. The kernel's own process (kernel.ts) starts it and outlives it.

/** Longer than the kernel ever takes to read what children printed; a cell waits no longer for it. */
const MAX_PIPES_MS = 500;

const events = new BlockingFrameWriter(EVENTS_FD);
/** The interrupt under way, by its id; 0: none. */
const interrupting = sharedWord();
/** Grows when the kernel has told what children printed. */
const pipesRead = sharedWord();
const endPlainStart = startPlainly();
const control = new Worker(new URL("cell-control.cjs", import.meta.url), {
  workerData: { interrupting, pipesRead } satisfies ControlData,
});
/** The cell that runs, until its outcome is told. */
let running: number | undefined;
let interrupt: { id: number; isHandled: boolean; cell: number | undefined } | undefined;

const prompter = new KernelPrompter(send, taskParent);

tolerateInterruptedHooks();
followTimers();
followChildren(waitForPipes);
captureOutput((name, text) => send({ type: "stream", parent: taskParent(), name, text }));
installStackTraces();
setPublisher({
  display: (message) => send({ type: "display", parent: taskParent(), message }),
  clear: (wait) => send({ type: "clear", parent: taskParent(), wait }),
});
setPrompter(prompter.ask);
setCommChannel({
  send: (event) => send({ type: "comm", parent: taskParent(), event }),
  setTarget: (name, isTaken) => send({ type: "comm-target", name, isTaken }),
});
console.clear = () => clearOutput(); // Node's does nothing where there is no terminal
process.on("uncaughtException", tellUncaught);
process.on("unhandledRejection", tellUncaught);
ignoreInterrupts();
process.on("exit", (code) => {
  send({ type: "exiting", code });
  rmSync(perfMap(process.pid), { force: true });
});

const runner = new CellRunner(process.cwd(), bundledModules());
control.on("message", receive);
send({ type: "ready", heapLimitBytes: getHeapStatistics().heap_size_limit });

function sharedWord(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

function waitForPipes(): void {
  const before = Atomics.load(pipesRead, 0);
  send({ type: "child-ended" });
  Atomics.wait(pipesRead, 0, before, MAX_PIPES_MS);
}

function send(message: FromCells): void {
  events.write(message);
}

function receive(message: ControlToMain): void {
  switch (message.type) {
    case "started":
      endPlainStart();
      break;
    case "run":
      setTaskParent(message.parent);
      void run(message);
      break;
    case "input":
      prompter.receive(message.id, message.answer);
      break;
    case "comm":
      void takeComm(message);
      break;
    case "interrupt":
      takeInterrupt(message);
      break;
    case "rest":
      if (running === undefined) giveMemoryBack();
      break;
    case "exit":
      process.exit(0);
  }
}

async function run({ id, cell }: ControlToMain & { type: "run" }): Promise<void> {
  running = id;
  try {
    end(id, await runner.run(cell));
  } catch (error) {
    end(id, { status: "error", error: cellError(error), unassigned: [] });
  }
}

async function takeComm({ number, event }: ControlToMain & { type: "comm" }): Promise<void> {
  try {
    await runFor(number, () => receiveComm(event));
  } catch (error) {
    tellUncaught(error);
  }
  send({ type: "comm-handled", number });
}

/**
 * Tells how a cell ended, once.
 *
 * An interrupt that this thread has not heard of yet, because it stood in a call of the system, is what ended the cell.
 */
function end(id: number | undefined, outcome: CellOutcome): void {
  if (id === undefined || id !== running) return;
  const pending = Atomics.load(interrupting, 0);
  const isInterrupted = pending !== 0 && pending !== interrupt?.id;
  send({ type: "outcome", id, outcome: isInterrupted ? interrupted() : outcome });
  // Only now: a termination may hit this function, too, and then the outcome is told once more. The kernel takes the first.
  running = undefined;
}

/**
 * Hands an interrupt to the cell, and answers.
 *
 * After a termination, which unwinds without `catch` and `finally`, a cell may never end by itself: it is declared ended
 * when what it could still do at once is done.
 */
function takeInterrupt({ id, attempt }: ControlToMain & { type: "interrupt" }): void {
  if (interrupt?.id !== id) {
    interrupt = { id, isHandled: false, cell: running };
    interrupt.isHandled = interruptCell();
  }
  const { isHandled, cell } = interrupt;
  if (!isHandled) {
    setImmediate(() => end(cell, interrupted()));
  }
  if (attempt > 0) {
    ignoreInterrupts();
    forgetInterruptedHooks();
  }
  control.postMessage({ id, attempt, isHandled } satisfies InterruptAnswer);
}

function interrupted(): CellOutcome {
  return { status: "error", error: interruptedError(), unassigned: runner.unassigned };
}

function tellUncaught(thrown: unknown): void {
  const cell = thrown instanceof Error ? cellOf(thrown) : undefined;
  send({ type: "uncaught", error: cellError(thrown), cell });
}

/**
 * A terminal's Ctrl-C goes to every process of its group; the kernel's own handler does what there is to do.
 *
 * The control thread replaces the system's handler for a moment, after which it must be set anew.
 */
function ignoreInterrupts(): void {
  const listeners = process.listeners("SIGINT").filter((listener) => listener !== ignore);
  process.removeAllListeners("SIGINT");
  for (const listener of [ignore, ...listeners]) process.on("SIGINT", listener);
}

function ignore(): void {}
