import { rmSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { cellError, errorText } from "../cells/errors.js";
import { loadBundledModules } from "../cells/globals.js";
import { interruptCell } from "../cells/interrupt.js";
import { CellRunner } from "../cells/runner.js";
import { installStackTraces } from "../cells/stack-trace.js";
import { setPublisher } from "../display/publisher.js";
import { captureOutput } from "./capture-output.js";
import { type FromMain, SHARED, type ToMain, type WorkerData } from "./thread-messages.js";

/** Long enough for sockets to send what they have; no longer, should the protocol's thread hang. */
const CLOSE_TIMEOUT_MS = 2000;

const [connectionFile] = process.argv.slice(2);
if (!connectionFile) {
  process.stderr.write("usage: main.js <connection file>\n");
  process.exit(2);
}

const shared = new SharedArrayBuffer(SHARED.words * Int32Array.BYTES_PER_ELEMENT);
const words = new Int32Array(shared);
const worker = new Worker(new URL("worker.js", import.meta.url), {
  workerData: { connectionFile, shared } satisfies WorkerData,
});
const exitProcess = process.exit.bind(process);
const printToTerminal = process.stderr.write.bind(process.stderr);
worker.on("error", (error) => {
  printToTerminal(`proflab: ${error.stack}\n`);
  exitProcess(1);
});
worker.on("message", receive);

captureOutput(words, send);
installStackTraces();
setPublisher({
  display: (message) => send({ type: "display", message }),
  clear: (wait) => send({ type: "clear", wait }),
});
process.on("uncaughtException", (error) => process.stderr.write(`${errorText(error, true)}\n`));
process.on("unhandledRejection", (error) => process.stderr.write(`${errorText(error, true)}\n`));
process.on("SIGINT", () => interruptCell());
process.exit = exitWhenClosed as typeof process.exit;
process.on("exit", () => rmSync(`/tmp/perf-${process.pid}.map`, { force: true })); // of --perf-basic-prof

const runner = loadBundledModules().then((modules) => new CellRunner(process.cwd(), modules));
runner.catch(() => {}); // each cell reports it

function send(message: FromMain): void {
  worker.postMessage(message);
}

function receive(message: ToMain): void {
  switch (message.type) {
    case "run":
      void run(message);
      break;
    case "interrupt":
      send({ type: "interrupted", id: message.id, isHandled: interruptCell() });
      break;
    case "exit":
      exitProcess(0);
  }
}

async function run({ id, cell }: ToMain & { type: "run" }): Promise<void> {
  try {
    send({ type: "outcome", id, outcome: await (await runner).run(cell) });
  } catch (error) {
    send({ type: "outcome", id, outcome: { status: "error", error: cellError(error), unassigned: [] } });
  }
}

/** `process.exit()` of a cell: ZeroMQ aborts a process that ends with open sockets. */
function exitWhenClosed(code?: number): never {
  send({ type: "exiting" });
  Atomics.wait(words, SHARED.isClosed, 0, CLOSE_TIMEOUT_MS);
  return exitProcess(code);
}
