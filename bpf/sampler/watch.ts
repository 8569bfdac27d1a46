import { processOfThread } from "./proc-stat.js";
import type { WindowOptions } from "./protocol.js";

/** The processes that a window looks at; undefined for all. */
export interface Watch {
  pids: Set<number> | undefined;
}

/** The processes that a window's options name; undefined when it may sample any. */
export function namedProcesses({ pid, tid }: WindowOptions): Set<number> | undefined {
  if (pid === undefined && tid === undefined) return undefined;
  const ofThreads = (tid ?? []).flatMap((id) => processOfThread(id) ?? []);
  return new Set([...(pid ?? []), ...ofThreads]);
}
