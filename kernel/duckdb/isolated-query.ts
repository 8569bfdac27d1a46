import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Interrupted, onInterrupt } from "../cells/interrupt.js";
import type { ResultColumn } from "./query.js";

/** What the process answers to a query. */
export type Answer = { readonly columns: ResultColumn[] } | { readonly message: string };

/** A query that takes longer is given up. */
const MAX_MS = 60_000;

let running: ChildProcess | undefined;
let before: Promise<unknown> = Promise.resolve();

/**
 * Runs a query over a file of a stranger in a process of its own, since DuckDB can crash on what is damaged. Its text is of
 * this package; it may read any file.
 *
 * Throws an Error with DuckDB's message, or that says how the process ended; the next query then gets another one. An
 * interrupt of the cell ends it.
 */
export function isolatedQuery(query: string): Promise<ResultColumn[]> {
  const asked = before.then(() => exchange(query)); // one after the other
  before = asked.catch(() => {});
  return asked;
}

function exchange(query: string): Promise<ResultColumn[]> {
  running ??= start();
  const child = running;
  let isInterrupted = false;
  const kill = () => child.kill("SIGKILL");
  const timer = setTimeout(kill, MAX_MS);
  const forget = onInterrupt(() => {
    isInterrupted = true;
    kill();
  });
  child.ref();
  child.channel?.ref();
  const settled = new AbortController();
  const { signal } = settled;
  return Promise.race([
    once(child, "message", { signal }).then(([answer]: Answer[]) => {
      if ("columns" in answer) return answer.columns;
      throw new Error(answer.message);
    }),
    once(child, "exit", { signal }).then(([code, signal]) => {
      throw isInterrupted
        ? new Interrupted()
        : new Error(`DuckDB ended by ${signal ?? code} when it read it`);
    }),
    new Promise<never>((_, reject) => child.send(query, (error) => error && reject(error))),
  ]).finally(() => {
    clearTimeout(timer);
    forget();
    settled.abort();
    child.unref();
    child.channel?.unref(); // a script ends without waiting for it
  });
}

function start(): ChildProcess {
  const child = fork(fileURLToPath(new URL("isolated-main.js", import.meta.url)), {
    ...{ serialization: "advanced", stdio: ["ignore", "ignore", "ignore", "ipc"], execArgv: [] },
  });
  child.once("exit", () => {
    if (running === child) running = undefined;
  });
  return child;
}
