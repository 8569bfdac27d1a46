import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { homedir, setPriority } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The compiler's process, in one file. */
export const COMPILER_PROGRAM = fileURLToPath(new URL("../cells/compiler.cjs", import.meta.url));

/**
 * How V8 is to run the compiler. A snapshot is bound to the flags that it was taken with.
 *
 * Its heap is kept small: each cell leaves trees behind, and each dozen a type checker of megabytes. Its hash tables are not made anew with a random
 * seed, which is a tenth of the start and guards servers against strangers: the compiler reads its own user's code. Node 20 verifies a snapshot's checksum without being told.
 */
export const COMPILER_FLAGS: readonly string[] = [
  "--max-semi-space-size=8",
  "--heap-growing-percent=10",
  "--no-rehash-snapshot",
  "--verify-snapshot-checksum",
];

const LOWEST_PRIORITY = 19;
/** Snapshots that are kept, those that were used last: a machine has few versions of Node and of this package in use. */
const MAX_SNAPSHOTS = 4;

/**
 * Where the compiler's startup snapshot is, or would be: TypeScript loaded and the declarations of Node and the kernel
 * parsed, as V8 has them in memory. It is of one build of Node and of this package; others have other names.
 *
 * @returns undefined when the directory cannot be made, or others could write to it; then there is none
 */
export function snapshotPath(): string | undefined {
  const { XDG_CACHE_HOME: cache } = process.env;
  const base = cache !== undefined && isAbsolute(cache) ? cache : join(homedir(), ".cache");
  const directory = join(base, "proflab", "compiler");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(directory);
    if (uid !== process.getuid?.() || (mode & 0o077) !== 0) return undefined;
    const files = [process.execPath, COMPILER_PROGRAM];
    const made = files.map((file) => [statSync(file).mtimeMs, statSync(file).size]);
    const build = digest([process.version, process.arch, COMPILER_FLAGS, made]);
    return join(directory, `${digest(files)}-${build}.blob`);
  } catch {
    return undefined;
  }
}

/** Takes the snapshot, in some seconds. @returns whether there is one now */
export async function takeSnapshot(path: string, isInBackground = false): Promise<boolean> {
  const file = `${path}.${process.pid}`;
  const list = [...COMPILER_FLAGS, "--snapshot-blob", file, "--build-snapshot", COMPILER_PROGRAM];
  const child = spawn(process.execPath, list, { stdio: "ignore" });
  const stop = () => {
    child.kill("SIGKILL");
    rmSync(file, { force: true });
  };
  process.once("exit", stop);
  if (isInBackground) {
    child.on("spawn", () => setPriority(child.pid!, LOWEST_PRIORITY));
    child.unref();
  }
  const [code] = await once(child, "exit").catch(() => [1]);
  process.off("exit", stop);
  const isTaken = code === 0 && isRenamed(file, path);
  rmSync(file, { force: true });
  removeOthers(path);
  return isTaken;
}

/** False when another has removed the file: a process whose system has other pids. */
function isRenamed(file: string, path: string): boolean {
  try {
    renameSync(file, path);
    return true;
  } catch {
    return false;
  }
}

/** Notes that a snapshot is in use, for which it is kept. */
export function markSnapshotUsed(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // it was just removed, and the compiler starts without
  }
}

/** Removes snapshots of other builds of the same program, all but the last used, and those whose makers ended before them. */
function removeOthers(path: string): void {
  const folder = dirname(path);
  const [program] = basename(path).split("-");
  const names = readdirSync(folder);
  const unfinished = names.filter((name) => {
    const pid = /\.blob\.(\d+)$/.exec(name)?.[1];
    return pid !== undefined && !isRunning(Number(pid));
  });
  const others = names.filter((name) => name.endsWith(".blob") && name !== basename(path));
  const isOutdated = (name: string) => name.startsWith(`${program}-`);
  const kept = others
    .filter((name) => !isOutdated(name))
    .sort((a, b) => usedMs(folder, b) - usedMs(folder, a));
  for (const name of [...unfinished, ...others.filter(isOutdated), ...kept.slice(MAX_SNAPSHOTS - 1)])
    rmSync(join(folder, name), { force: true });
}

function usedMs(folder: string, name: string): number {
  return statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
