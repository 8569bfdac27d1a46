import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";

const CHUNK_BYTES = 64 << 10;
/** Most that is kept of one process, of which 16,384 mappings with paths of usual length take half. */
export const MAX_MAPS_BYTES = 4 << 20;
const NEW_LINE = 10;
const SPACE = 32;
const EXECUTABLE = 120; // x, the third letter behind the first space

/**
 * The lines of /proc/PID/maps that are of executable ranges; undefined when it cannot be read.
 *
 * Read piece by piece: a process may have 65,530 mappings with paths of 4 KiB.
 */
export function readExecutableMaps(pid: number): string | undefined {
  return readLines(`/proc/${pid}/maps`) || readLines(`/proc/${livingThread(pid)}/maps`);
}

/**
 * The thread under whose number /proc shows what a process maps and which files it sees: its first one, or another when
 * that has ended. Nothing lists these numbers in /proc, but they can be opened.
 */
export function livingThread(pid: number): number {
  if (!isOver(pid)) return pid;
  try {
    return (
      readdirSync(`/proc/${pid}/task`)
        .map(Number)
        .find((thread) => !isOver(thread)) ?? pid
    );
  } catch {
    return pid;
  }
}

function isOver(thread: number): boolean {
  try {
    return /^State:\s*[ZX]/m.test(readFileSync(`/proc/${thread}/status`, "latin1"));
  } catch {
    return true;
  }
}

function readLines(path: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, "r");
    const kept: Buffer[] = [];
    let keptBytes = 0;
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let length = 0;
    while (keptBytes < MAX_MAPS_BYTES) {
      const count = readSync(fd, buffer, length, CHUNK_BYTES - length, null);
      length += count;
      let from = 0;
      for (
        let end = buffer.indexOf(NEW_LINE);
        end >= 0 && end < length;
        end = buffer.indexOf(NEW_LINE, from)
      ) {
        if (isExecutable(buffer, from, end)) {
          kept.push(Buffer.from(buffer.subarray(from, end + 1)));
          keptBytes += end + 1 - from;
        }
        from = end + 1;
      }
      buffer.copyWithin(0, from, length);
      length -= from;
      // The end, or a line that is longer than any path.
      if (count === 0 || length === CHUNK_BYTES) break;
    }
    return Buffer.concat(kept).toString("utf8");
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function isExecutable(line: Buffer, from: number, end: number): boolean {
  const space = line.indexOf(SPACE, from);
  return space >= 0 && space < end && line[space + 3] === EXECUTABLE;
}
