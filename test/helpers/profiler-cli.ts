import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const CLI = createRequire(import.meta.url).resolve("@firefox-devtools/profiler-cli/dist/profiler-cli.js");
const SESSION = "test";
const START_TIMEOUT_MS = 60_000;

/** A thread as the Firefox Profiler has it, with self and total samples by function. */
export interface FirefoxThread {
  name: string;
  processName?: string;
  pid: string;
  tid: number | string;
  functions: Map<string, [number, number]>;
}

/** What the Firefox Profiler, in its own command line, reads in a file: its upgraders and importers are those of the viewer. */
export async function firefoxThreads(file: string): Promise<FirefoxThread[]> {
  const folder = mkdtempSync(join(tmpdir(), "pq-"));
  const env = { ...process.env, PROFILER_CLI_SESSION_DIR: folder, PROFILER_CLI_NO_SYMBOLICATE: "1" };
  // Its own `load` gives the daemon half a second to start, which a busy machine does not have.
  const daemon = spawn(process.execPath, [CLI, "--daemon", file, "--session", SESSION], {
    env,
    stdio: "ignore",
  });
  const ask = <T>(...args: string[]) => {
    const options = { env, encoding: "utf8", timeout: START_TIMEOUT_MS } as const;
    return JSON.parse(
      execFileSync(process.execPath, [CLI, ...args, "--json", "--session", SESSION], options),
    ) as T;
  };
  try {
    const giveUpMs = performance.now() + START_TIMEOUT_MS;
    while (!existsSync(join(folder, `${SESSION}.sock`))) {
      if (daemon.exitCode !== null || performance.now() > giveUpMs)
        throw new Error(`profiler-cli does not read ${file}`);
      await delay(50);
    }
    type Listed = Omit<FirefoxThread, "functions"> & { threadHandle: string };
    type Counted = { name: string; selfSamples: number; totalSamples: number };
    return ask<{ threads: Listed[] }>("thread", "list").threads.map((thread) => {
      const options = ["--include-idle", "--thread", thread.threadHandle];
      const { functions } = ask<{ functions: Counted[] }>("thread", "functions", ...options);
      const totals = new Map<string, [number, number]>();
      for (const { name, selfSamples, totalSamples } of functions) {
        const sum = totals.get(name) ?? [0, 0];
        totals.set(name, [sum[0] + selfSamples, sum[1] + totalSamples]);
      }
      return { ...thread, functions: totals };
    });
  } finally {
    daemon.kill();
  }
}
