import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { CompilerClient } from "./compiler-client.js";
import { readConnectionFile } from "./connection-file.js";
import { Execution } from "./execution.js";
import { History } from "./history.js";
import { MainThread } from "./main-thread.js";
import { OutputStreams } from "./output-streams.js";
import { watchParent } from "./parent-watch.js";
import { codeHandlers } from "./requests/code.js";
import { commHandlers } from "./requests/comm.js";
import { controlHandlers } from "./requests/control.js";
import { historyHandler } from "./requests/history.js";
import { kernelInfo } from "./requests/kernel-info.js";
import { Session } from "./session.js";
import { type FromMain, SHARED, type WorkerData } from "./thread-messages.js";

const { connectionFile, shared } = workerData as WorkerData;
const words = new Int32Array(shared);
const port = parentPort!;

const connection = readConnectionFile(connectionFile);
const main = new MainThread(port);
const history = new History();
const output = new OutputStreams((name, text) => {
  if (execution.parent) execution.parent.publish("stream", { name, text });
  else writeSync(2, text); // before the first cell: the terminal's
});
const compiler = new CompilerClient();
const execution = new Execution(compiler, main, history, output);

const session = new Session(
  connection,
  new Map(
    Object.entries({
      kernel_info_request: kernelInfo,
      execute_request: (request) => execution.execute(request),
      history_request: historyHandler(history),
      ...codeHandlers(compiler),
      ...commHandlers,
      ...controlHandlers(connection, execution, shutDown),
    }),
  ),
);

port.on("message", (message: FromMain) => {
  if (!main.receive(message)) publish(message);
});
await session.open(connection);
watchParent(() => void shutDown());

function publish(message: FromMain): void {
  switch (message.type) {
    case "stream":
      output.write(message.name, message.text);
      Atomics.sub(words, SHARED.pendingOutput, message.text.length);
      Atomics.notify(words, SHARED.pendingOutput);
      break;
    case "display": {
      const { data, metadata, displayId, update } = message.message;
      const transient = displayId === undefined ? {} : { display_id: displayId };
      output.flush();
      execution.parent?.publish(update ? "update_display_data" : "display_data", {
        data,
        metadata,
        transient,
      });
      break;
    }
    case "clear":
      output.flush();
      execution.parent?.publish("clear_output", { wait: message.wait });
      break;
    case "exiting":
      void close();
  }
}

/** Sends what is queued and closes the sockets; the main thread may wait for it. */
async function close(): Promise<void> {
  output.flush();
  await session.close();
  Atomics.store(words, SHARED.isClosed, 1);
  Atomics.notify(words, SHARED.isClosed);
}

async function shutDown(): Promise<void> {
  await close();
  await main.exit();
}
