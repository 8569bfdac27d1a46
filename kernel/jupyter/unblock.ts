import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import vm from "node:vm";
import { EVENTS_FD } from "./cell-messages.js";
import { OPEN_CALLS, unblockOpen } from "./unblock-open.js";
import { waitForNoReader } from "./unblock-write.js";

/** Numbers of `epoll_wait` and `epoll_pwait`, x86-64 and arm64. */
const EPOLL_CALLS = new Set(process.arch === "arm64" ? ["22", "441"] : ["232", "281", "441"]);

/** `write`, `writev`, `pwrite64`. */
const WRITE_CALLS = new Set(process.arch === "arm64" ? ["64", "66", "68"] : ["1", "20", "18"]);

/** What stands for the number of a call where there is none. */
const RUNNING = "running";

/** SIGINT, as a bit of a set of signals. */
const SIGINT_BIT = 1 << (constants.signals.SIGINT - 1);

/** How long a thread sleeps until it looks again for a signal that another one has yet to take. */
const PENDING_MS = 1;

/** A child that was asked to end and has not after so many attempts is made to. */
const PATIENT_ATTEMPTS = 6;

/**
 * Ends a call of the system in which the main thread stands, so that it sees its termination.
 *
 * A thread that waits for events and yet does not answer is in `spawnSync` or one of its kin: that child and its
 * descendants get SIGINT, as from a terminal, and at length SIGKILL. A named pipe that nobody opens is opened. Any other call
 * is interrupted by a signal, and a write to a pipe that nobody empties waits no longer then.
 *
 * @param attempt how often the main thread did not answer
 */
export async function unblockMainThread(attempt: number): Promise<void> {
  const [call, firstArgument, secondArgument] = systemCall();
  if (call === RUNNING) return; // in JavaScript or on its way there: it only has to be given the CPU
  // What is being told to the kernel must not be cut off. It is over as soon as the kernel reads on.
  if (WRITE_CALLS.has(call) && Number(firstArgument) === EVENTS_FD) return;
  if (WRITE_CALLS.has(call)) waitForNoReader(Number(firstArgument));
  if (OPEN_CALLS.has(call)) return unblockOpen(Number(secondArgument));
  if (!EPOLL_CALLS.has(call)) return interruptCall();
  const child = childrenOf(`${process.pid}/task/${process.pid}`).at(-1); // in the order in which they were made
  if (child === undefined) return;
  const signal = attempt < PATIENT_ATTEMPTS ? "SIGINT" : "SIGKILL";
  for (const pid of [...descendants(child), child]) {
    try {
      process.kill(pid, signal);
    } catch {
      // it has ended
    }
  }
}

/** Number and arguments of the call in which the main thread stands; {@link RUNNING} in none. */
function systemCall(): string[] {
  return readFileSync(`/proc/self/task/${process.pid}/syscall`, "utf8").trim().split(" ");
}

/**
 * Sends SIGINT to this process while its handler is one that does not restart calls: the call fails with EINTR.
 *
 * Node sets such a handler while a script runs with `breakOnSigint`. It leaves its own, which would end the process. So one
 * script sends the signal, and is ended by it; another one around it lasts until the signal was taken, which on a busy
 * machine may be late.
 */
function interruptCall(): void {
  const word = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  Object.assign(globalThis, {
    sendInterrupt: () => process.kill(process.pid, "SIGINT"),
    interruptMainThread: () => {
      runUntilInterrupt("sendInterrupt(); for (;;);", { timeout: 500 });
      while (isInterruptPending()) Atomics.wait(word, 0, 0, PENDING_MS);
    },
  });
  runUntilInterrupt("interruptMainThread()");
}

function runUntilInterrupt(script: string, options: vm.RunningScriptOptions = {}): void {
  try {
    vm.runInThisContext(script, { ...options, breakOnSigint: true });
  } catch {
    // the signal ended the script as well
  }
}

/** Whether SIGINT was sent to this process, and no thread of it has come to take it. */
function isInterruptPending(): boolean {
  const [, pending = "0"] = /^ShdPnd:\s*([\da-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return (Number.parseInt(pending.slice(-2), 16) & SIGINT_BIT) !== 0;
}

function descendants(pid: number): number[] {
  return children(pid).flatMap((child) => [...descendants(child), child]);
}

function children(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => childrenOf(`${pid}/task/${thread}`));
  } catch {
    return []; // it has ended
  }
}

/** Children that one thread made. @param thread `PID/task/TID` */
function childrenOf(thread: string): number[] {
  return readFileSync(`/proc/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}
