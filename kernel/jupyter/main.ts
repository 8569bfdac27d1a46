import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { FromCells } from "./cell-messages.js";
import { CellProcess } from "./cell-process.js";
import { CompilerClient } from "./compiler-client.js";
import { readConnectionFile } from "./connection-file.js";
import type { Death } from "./death.js";
import { Execution } from "./execution.js";
import { History } from "./history.js";
import { OutputStreams } from "./output-streams.js";
import { watchParent } from "./parent-watch.js";
import { codeHandlers } from "./requests/code.js";
import { commHandlers } from "./requests/comm.js";
import { controlHandlers } from "./requests/control.js";
import { historyHandler } from "./requests/history.js";
import { kernelInfo } from "./requests/kernel-info.js";
import { Session } from "./session.js";

// The kernel's own process: sockets, protocol, the queue of cells. No code of a cell runs here, so that it is alive to tell
// what happened to the one that does.

const [connectionFile] = process.argv.slice(2);
if (!connectionFile) {
  process.stderr.write("usage: main.js <connection file>\n");
  process.exit(2);
}

const connection = readConnectionFile(connectionFile);
const history = new History();
const output = new OutputStreams((name, text) => {
  if (execution.parent) execution.parent.publish("stream", { name, text });
  else writeSync(2, text); // before the first cell: the terminal's
});
const compiler = new CompilerClient();
const cells = new CellProcess({ receive: publish, died: (death) => void endWithCells(death) });
const execution = new Execution(compiler, cells, history, output);

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

await session.open(connection);
process.on("SIGINT", () => void execution.interrupt());
process.on("SIGTERM", () => void shutDown());
watchParent(() => void shutDown());

function publish(message: FromCells): void {
  switch (message.type) {
    case "stream":
      output.write(message.name, message.text);
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
    case "uncaught":
      output.flush();
      execution.requestOf(message.cell)?.publish("error", { ...message.error });
  }
}

/** The process of the cells has ended: answers what was asked, and ends the kernel, which its client starts again. */
async function endWithCells(death: Death): Promise<void> {
  await execution.died(death);
  await sleep(0); // after `idle`
  await session.close();
  process.exit(death.code ?? 1);
}

async function shutDown(): Promise<void> {
  await Promise.all([cells.exit(), session.close()]);
  process.exit(0);
}
