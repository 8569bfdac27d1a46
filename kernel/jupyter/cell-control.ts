import { rmSync } from "node:fs";
import { Session as InspectorSession } from "node:inspector";
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import {
  CONTROL_FD,
  type ControlData,
  type ControlToMain,
  type FromControl,
  type InterruptAnswer,
  type ToCells,
} from "./cell-messages.js";
import { encodeFrame, FrameReader } from "./frames.js";
import { perfMap } from "./perf-map.js";
import { unblockMainThread } from "./unblock.js";
import { waitForReaders } from "./unblock-write.js";

// The thread beside the one that runs cells: it hears the kernel while a cell is busy, and interrupts that cell.

/**
 * A termination that was asked for and whose end is not told is asked for anew, when the main thread has answered so often,
 * at such distances.
 */
const LOST_ANSWERS = 50;
const LOST_ANSWER_MS = 10;

/** Beyond this a main thread that does not answer is taken to be busy. */
const ANSWER_MS = 200;

const main = parentPort!;
const { interrupting, pipesRead } = workerData as ControlData;
const kernel = new Socket({ fd: CONTROL_FD });
const reader = new FrameReader<ToCells>(receive);
kernel.on("data", (chunk) => reader.push(chunk));
kernel.on("error", () => {});
kernel.on("close", () => {
  // The kernel has gone. What runs here, however busy, goes with it.
  rmSync(perfMap(process.pid), { force: true });
  process.kill(process.pid, "SIGKILL");
});

tell({ type: "started" });

let answer: ((answer: InterruptAnswer) => void) | undefined;
main.on("message", (message: InterruptAnswer) => answer?.(message));

/** An interrupt is over before the next cell is told: what ends the one must not end the other. */
let last: Promise<void> = Promise.resolve();

function receive(message: ToCells): void {
  if (message.type === "pipes-read") {
    Atomics.add(pipesRead, 0, 1);
    Atomics.notify(pipesRead, 0);
    return;
  }
  last = last.then(() => (message.type === "interrupt" ? interrupt(message.id) : tell(message)));
}

function tell(message: ControlToMain): void {
  main.postMessage(message);
}

/**
 * Stops what the main thread does: by asking, and when it does not answer by terminating what it runs, also when that
 * stands in a call of the system.
 *
 * A termination that found nothing to end would end the next thing that runs. So the main thread is asked until it answers
 * a question that was put after the last termination was done.
 */
async function interrupt(id: number): Promise<void> {
  let isTerminating = false;
  let answers = 0;
  const startTermination = () => {
    isTerminating = true;
    answers = 0;
    terminate(() => {
      isTerminating = false;
    });
  };
  Atomics.store(interrupting, 0, id);
  for (let attempt = 0; ; attempt++) {
    const isCertain = !isTerminating;
    const answered = await ask(id, attempt);
    if (answered && isCertain) {
      waitForReaders();
      Atomics.store(interrupting, 0, 0);
      kernel.write(
        encodeFrame({ type: "interrupted", id, isHandled: answered.isHandled } satisfies FromControl),
      );
      return;
    }
    if (answered) {
      // Its end is told by the main thread, too, which must come to it.
      if (isTerminating) await sleep(LOST_ANSWER_MS);
      if (isTerminating && ++answers > LOST_ANSWERS) startTermination();
    } else if (isTerminating) await unblockMainThread(attempt);
    else startTermination();
  }
}

async function ask(id: number, attempt: number): Promise<InterruptAnswer | undefined> {
  const answered = new Promise<InterruptAnswer>((resolve) => {
    answer = (given) => {
      if (given.id === id && given.attempt === attempt) resolve(given);
    };
  });
  tell({ type: "interrupt", id, attempt });
  return Promise.race([answered, sleep(ANSWER_MS, undefined)]);
}

/** Ends what the main thread runs at the moment when it next looks; its variables survive. */
function terminate(done: () => void): void {
  const inspector = new InspectorSession();
  inspector.connectToMainThread();
  inspector.post("Runtime.terminateExecution", () => {
    inspector.disconnect();
    done();
  });
}
