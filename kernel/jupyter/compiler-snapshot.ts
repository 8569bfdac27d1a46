import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir, setPriority } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The compiler's process, in one file. */
export const COMPILER_PROGRAM = fileURLToPath(new URL("../cells/compiler.cjs", import.meta.url));

/**
 * How V8 is to keep its heap small: each cell leaves a program of megabytes behind. A snapshot is bound to the flags that
 * it was taken with.
 */
export const COMPILER_FLAGS: readonly string[] = ["--max-semi-space-size=16", "--heap-growing-percent=25"];

const LOWEST_PRIORITY = 19;
const OUTDATED_MS = 30 * 86_400_000;
const UNFINISHED_MS = 600_000;

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
  if (code === 0) {
    renameSync(file, path);
    removeOutdated(path);
  } else rmSync(file, { force: true });
  return code === 0;
}

/** Removes the snapshots of other builds of the same program, and what nobody used or finished for long. */
function removeOutdated(path: string): void {
  const [program] = basename(path).split("-");
  for (const name of readdirSync(dirname(path))) {
    const file = join(dirname(path), name);
    const isOtherBuild = name.startsWith(`${program}-`) && name.endsWith(".blob") && file !== path;
    const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
    const isOld = Date.now() - mtimeMs > (name.endsWith(".blob") ? OUTDATED_MS : UNFINISHED_MS);
    if (isOtherBuild || isOld) rmSync(file, { force: true });
  }
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
