import { readdirSync, readFileSync } from "node:fs";
import vm from "node:vm";
import { EVENTS_FD } from "./cell-messages.js";

/** Numbers of `epoll_wait` and `epoll_pwait`, x86-64 and arm64. */
const EPOLL_CALLS = new Set(process.arch === "arm64" ? ["22", "441"] : ["232", "281", "441"]);

/** `write`, `writev`, `pwrite64`. */
const WRITE_CALLS = new Set(process.arch === "arm64" ? ["64", "66", "68"] : ["1", "20", "18"]);

/** A child that was asked to end and has not after so many attempts is made to. */
const PATIENT_ATTEMPTS = 6;

/**
 * Ends a call of the system in which the main thread stands, so that it sees its termination.
 *
 * A thread that waits for events and yet does not answer is in `spawnSync` or one of its kin: that child and its
 * descendants get SIGINT, as from a terminal, and at length SIGKILL. Any other call is interrupted by a signal.
 *
 * @param attempt how often the main thread did not answer
 */
export async function unblockMainThread(attempt: number): Promise<void> {
  const [call, firstArgument] = systemCall();
  // What is being told to the kernel must not be cut off. It is over as soon as the kernel reads on.
  if (WRITE_CALLS.has(call) && Number(firstArgument) === EVENTS_FD) return;
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

/** Number and arguments of the call in which the main thread stands; "running" in none. */
function systemCall(): string[] {
  return readFileSync(`/proc/self/task/${process.pid}/syscall`, "utf8").trim().split(" ");
}

/**
 * Sends SIGINT to this process while its handler is one that does not restart calls: the call fails with EINTR.
 *
 * Node sets such a handler while a script runs with `breakOnSigint`. It leaves its own, which would end the process.
 */
function interruptCall(): void {
  const scope = globalThis as { interruptMainThread?: () => void };
  scope.interruptMainThread = () => process.kill(process.pid, "SIGINT");
  try {
    vm.runInThisContext("interruptMainThread(); for (;;);", { breakOnSigint: true, timeout: 500 });
  } catch {
    // the signal ended this script as well
  }
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
