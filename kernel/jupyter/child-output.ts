import { createRequire, syncBuiltinESMExports } from "node:module";

interface Emitter {
  /** Null where the child has its parent's. */
  stdout: unknown;
  stderr: unknown;
  emit(event: string | symbol, ...list: unknown[]): boolean;
}

/**
 * Calls `ended` when a child of a cell that printed by itself has ended, before the cell hears of it: what it printed is in
 * another pipe than what the cell does next, and must be read first.
 */
export function followChildren(ended: () => void): void {
  const childProcess = createRequire(import.meta.url)("node:child_process");
  for (const name of ["spawnSync", "execSync", "execFileSync"] as const) {
    const call: (...list: unknown[]) => unknown = childProcess[name];
    const following = (...list: unknown[]) => {
      try {
        return call(...list);
      } finally {
        ended();
      }
    };
    childProcess[name] = Object.defineProperty(following, "name", { value: name });
  }
  const prototype = childProcess.ChildProcess.prototype as Emitter;
  const { emit } = prototype;
  prototype.emit = function (this: Emitter, event, ...list) {
    if (event === "exit" && (this.stdout === null || this.stderr === null)) ended();
    return emit.call(this, event, ...list);
  };
  syncBuiltinESMExports();
}
