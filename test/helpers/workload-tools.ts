import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL("../../../test/workloads/", import.meta.url));
const PROGRAMS = fileURLToPath(new URL("../workloads/", import.meta.url));

/** Path of a source of test/workloads that is run as it is. */
export function workloadSource(name: string): string {
  return join(SOURCES, name);
}

/**
 * Runs a compiler unless the program is newer than its sources; returns the program's path.
 *
 * @param command The compiler and its options; it runs among the sources. `{out}` stands for the program's path, and
 *   `{programs}` for the directory of it and of other programs.
 */
export function build(name: string, sources: readonly string[], command: readonly string[]): string {
  const out = join(PROGRAMS, name);
  const newest = Math.max(...sources.map((source) => statSync(workloadSource(source)).mtimeMs));
  if (existsSync(out) && statSync(out).mtimeMs > newest) return out;
  mkdirSync(PROGRAMS, { recursive: true });
  const [compiler, ...options] = command.map((word) =>
    word.replaceAll("{out}", out).replaceAll("{programs}", PROGRAMS),
  );
  const [path] = programs(compiler);
  if (path === undefined) throw new Error(`${compiler} is missing; scripts/workload-tools installs it`);
  execFileSync(path, options, { cwd: SOURCES, stdio: ["ignore", "ignore", "pipe"] });
  return out;
}

/** Paths of a program in the directories of `PATH`, in their order, and in `more`. */
export function programs(name: string, more: readonly string[] = []): string[] {
  return [...(process.env.PATH ?? "").split(delimiter), ...more]
    .map((directory) => join(directory, name))
    .filter((path) => existsSync(path));
}

/** A Python of at least 3.12 that can write a perf map (`-X perf`), if this machine has one. */
export function pythonWithPerfMap(): string | undefined {
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  const pyenv = existsSync(versions) ? readdirSync(versions).map((name) => join(versions, name, "bin")) : [];
  const check = "import sys; sys.activate_stack_trampoline('perf')";
  return Array.from({ length: 8 }, (_, i) => `python3.${12 + i}`)
    .flatMap((name) => programs(name, pyenv))
    .find((path) => succeeds(path, ["-I", "-c", check]));
}

function succeeds(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false; // a launcher without its version behind it, or a build without trampolines
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = pythonWithPerfMap();
  if (path !== undefined) process.stdout.write(`${path}\n`);
  process.exitCode = path === undefined ? 1 : 0;
}
