import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { FromCells } from "./cell-messages.js";
import { CellProcess } from "./cell-process.js";
import { Comms } from "./comms.js";
import { readConnectionFile } from "./connection-file.js";
import type { Death } from "./death.js";
import { compiler } from "./early-compiler.js";
import { Execution } from "./execution.js";
import { History } from "./history.js";
import { historyFolder } from "./history-files.js";
import { Input } from "./input.js";
import { Outputs } from "./outputs.js";
import { watchParent } from "./parent-watch.js";
import { Parents } from "./parents.js";
import { codeHandlers } from "./requests/code.js";
import { commHandlers } from "./requests/comm.js";
import { controlHandlers } from "./requests/control.js";
import { historyHandler } from "./requests/history.js";
import { kernelInfo } from "./requests/kernel-info.js";
import { usageHandler } from "./requests/usage.js";
import { Rest } from "./rest.js";
import { Session } from "./session.js";

// The kernel's own process: sockets, protocol, the queue of cells. No code of a cell runs here, so that it is alive to tell
// what happened to the one that does.

/** How long this process may have something to do after its end. */
const END_MS = 5000;

const [connectionFile] = process.argv.slice(2);
if (!connectionFile) {
  process.stderr.write("usage: main.js <connection file>\n");
  process.exit(2);
}

const connection = explained(() => readConnectionFile(connectionFile));
const history = new History(historyFolder());
const parents = new Parents();
const outputs = new Outputs(parents);
const input = new Input();
const cells = new CellProcess({ receive, died: (death) => void endWithCells(death) });
const comms = new Comms(cells, parents);
const execution = new Execution({ compiler, cells, history, outputs, parents });
const rest = new Rest(cells, compiler);

const session = explained(
  () =>
    new Session(
      connection,
      new Map(
        Object.entries({
          kernel_info_request: kernelInfo,
          execute_request: (request) => rest.after(execution.execute(request)),
          history_request: historyHandler(history),
          usage_request: usageHandler(),
          ...codeHandlers(compiler),
          ...commHandlers(comms),
          ...controlHandlers(connection, interrupt, shutDown),
        }),
      ),
      (message) => input.receive(message),
    ),
);

void open();

async function open(): Promise<void> {
  await session.open(connection).catch(refuse);
  process.on("SIGINT", () => void interrupt());
  process.on("SIGTERM", () => void shutDown());
  watchParent(() => void shutDown());
}

function explained<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    return refuse(error);
  }
}

/** Ends the kernel with a sentence for the terminal: its client has nothing to speak with. */
function refuse(error: unknown): never {
  const { message, address } = error as Error & { address?: string };
  writeSync(2, `proflab: ${address === undefined ? "" : `cannot listen at ${address}: `}${message}\n`);
  process.exit(1);
}

function receive(message: FromCells): void {
  switch (message.type) {
    case "stream":
    case "display":
    case "clear":
      outputs.publish(message);
      if (session.catchingUp) void cells.pause(session.catchingUp);
      break;
    case "input":
      outputs.flush(); // what explains the question stands before it
      ask(message);
      break;
    case "input-cancelled":
      input.cancel(message.id);
      break;
    case "comm":
      outputs.flush();
      comms.publish(message.event, message.parent);
      break;
    case "comm-target":
      comms.setTarget(message.name, message.isTaken);
      break;
    case "comm-handled":
      outputs.flush(); // before `idle`
      comms.handled(message.number);
      break;
    case "uncaught":
      outputs.flush();
      parents.get(message.cell)?.publish("error", { ...message.error });
  }
}

function ask({ id, parent, text, password }: FromCells & { type: "input" }): void {
  input.ask({
    id,
    request: parents.get(parent),
    content: { prompt: text, password },
    answer: (answer) => cells.answerInput(id, answer),
  });
}

async function interrupt(): Promise<void> {
  await execution.interrupt();
  comms.giveUp();
}

/** The process of the cells has ended: answers what was asked, and ends the kernel, which its client starts again. */
async function endWithCells(death: Death): Promise<void> {
  comms.giveUp();
  await execution.died(death);
  await history.close();
  await sleep(0); // after `idle`
  await session.close();
  end(death.code ?? 1);
}

async function shutDown(): Promise<void> {
  await Promise.all([cells.exit(), session.close()]);
  await history.close();
  end(0);
}

/**
 * Ends this process by leaving it nothing to do. Then ZeroMQ still sends what was said last, for which `process.exit()`
 * would not wait: on a busy machine the error of the cell that ended its process got lost.
 */
function end(code: number): void {
  process.exitCode = code;
  compiler.close();
  cells.close();
  setTimeout(() => process.exit(code), END_MS).unref(); // whatever else there is to do
}
