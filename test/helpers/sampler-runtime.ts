import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory for the socket of a sampler apart from that of the user and of other tests. */
export function runtimeDirectory(): string {
  return mkdtempSync(join(tmpdir(), "proflab-runtime-"));
}

/** Gives this test file a sampler of its own; call it before the first profile(). */
export function ownRuntimeDirectory(): string {
  const directory = runtimeDirectory();
  process.env.PROFLAB_RUNTIME_DIR = directory;
  return directory;
}

/** Pids of the samplers that serve a socket in `directory`. */
export function samplersOf(directory: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && environmentOf(pid).includes(`PROFLAB_RUNTIME_DIR=${directory}\0`))
    .filter((pid) => commandOf(pid).includes("proflab-sampler"));
}

function environmentOf(pid: number): string {
  return readOrEmpty(`/proc/${pid}/environ`);
}

function commandOf(pid: number): string {
  return readOrEmpty(`/proc/${pid}/cmdline`);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended, or it is a kernel thread
  }
}

/** Waits until `condition` holds. @throws after two minutes, with `what`, which may say how things are then */
export async function eventually(what: string | (() => string), condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 120_000; !condition(); ) {
    if (Date.now() > deadline)
      throw new Error(`not after two minutes: ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
