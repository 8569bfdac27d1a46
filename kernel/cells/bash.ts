import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Interrupted, onInterrupt } from "./interrupt.js";

/** After an interrupt, a script has this long to end by itself. */
const GRACE_MS = 2000;
/** A process that a script left behind may hold its output open: it is not waited for. */
const CLOSE_MS = 200;

/** bash ended with a status other than 0. */
class BashError extends Error {
  override readonly name = "BashError";
}

/**
 * Runs a script with bash in the working directory, and prints what it prints as it comes. It has no input.
 *
 * @throws {BashError} when its status is not 0
 * @throws {Interrupted} when an interrupt ended it
 */
export async function runBash(script: string): Promise<void> {
  // A process group of its own, so that an interrupt reaches all that the script runs.
  const bash = spawn("bash", ["-c", script], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  bash.stdout.setEncoding("utf8").on("data", (text: string) => process.stdout.write(text));
  bash.stderr.setEncoding("utf8").on("data", (text: string) => process.stderr.write(text));
  const signal = (name: NodeJS.Signals) => {
    try {
      if (bash.pid !== undefined) process.kill(-bash.pid, name);
    } catch {
      // it has ended
    }
  };
  let isInterrupted = false;
  let timer: NodeJS.Timeout | undefined;
  const forget = onInterrupt(() => {
    isInterrupted = true;
    signal("SIGINT");
    timer = setTimeout(signal, GRACE_MS, "SIGKILL");
  });
  const kill = () => signal("SIGKILL");
  process.once("exit", kill);
  try {
    const closed = once(bash, "close");
    closed.catch(() => {}); // "exit" tells the same error
    const [status, killed] = (await once(bash, "exit")) as [number | null, NodeJS.Signals | null];
    await Promise.race([closed, sleep(CLOSE_MS)]);
    if (isInterrupted) throw new Interrupted();
    if (killed) throw new BashError(`bash was ended by ${killed}`);
    if (status !== 0) throw new BashError(`bash ended with status ${status}`);
  } finally {
    clearTimeout(timer);
    forget();
    process.off("exit", kill);
  }
}
