import { closeSync, constants, openSync, readSync, statSync } from "node:fs";

/** Numbers of `open`, `openat` and `openat2` that take a path as their second argument, x86-64 and arm64. */
export const OPEN_CALLS: ReadonlySet<string> = new Set(
  process.arch === "arm64" ? ["56", "437"] : ["257", "437"],
);

/** The longest path of Linux (PATH_MAX). */
const MAX_PATH_BYTES = 4096;

/**
 * Ends the main thread's waiting in `open` for somebody to open the other end of a named pipe: opens it for a moment, both
 * ways, for which Linux never waits. A signal does not help: libuv calls `open` again.
 *
 * @param pathAddress where the path stands in this process's memory
 */
export function unblockOpen(pathAddress: number): void {
  const path = textAt(pathAddress);
  try {
    if (!statSync(path).isFIFO()) return; // what is slow to open, a file over the network say, ends by itself
    closeSync(openSync(path, constants.O_RDWR | constants.O_NONBLOCK));
  } catch {
    // it is gone, or not ours to open
  }
}

/** The text that ends with a zero byte at an address, as the main thread gave it to the system. */
function textAt(address: number): string {
  const memory = openSync("/proc/self/mem", "r");
  try {
    const bytes = Buffer.alloc(MAX_PATH_BYTES);
    const length = readSync(memory, bytes, 0, MAX_PATH_BYTES, address);
    const end = bytes.indexOf(0);
    return bytes.toString("utf8", 0, end < 0 ? length : end);
  } finally {
    closeSync(memory);
  }
}
