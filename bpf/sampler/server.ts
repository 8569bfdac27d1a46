import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { DwarfLines } from "../symbols/dwarf/dwarf-lines.js";
import { isReason } from "../symbols/reason.js";
import type { OpenLines } from "../symbols/source-lines.js";
import { Symbolizer } from "../symbols/symbolizer.js";
import { checkPrivateDirectory, checkSocketPath } from "./private-directory.js";
import type { Privileged } from "./privileged.js";
import { publish } from "./publish.js";
import { Session } from "./session.js";
import { Streams } from "./streams.js";

/** A sampler that nobody talks to any more ends after this time without a window. */
const IDLE_MS = 10 * 60_000;
/** A sampler to which nobody ever came. */
const UNWANTED_MS = 30_000;

export interface SamplerServer {
  /** Settles when the sampler has nothing left to do: its last client went, or it was idle for ten minutes. */
  finished: Promise<void>;
  close(): Promise<void>;
}

/**
 * Listens on a Unix socket for the clients of one user: the socket has mode 0600, its directory 0700.
 *
 * @param cacheDirectory where unwind tables are kept between samplers
 * @returns undefined when another sampler answers there already
 */
export async function serve(
  socketPath: string,
  privileged: Privileged,
  cacheDirectory?: string,
): Promise<SamplerServer | undefined> {
  checkSocketPath(socketPath);
  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 });
  checkPrivateDirectory(dirname(socketPath));
  const streams = new Streams(privileged, cacheDirectory);
  const symbolizer = new Symbolizer(streams.files, openLines);
  const sessions = new Set<Session>();
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let idle: NodeJS.Timeout | undefined;
  /** Who has not said hello is no client: a sampler that starts asks in this way whether another one answers. */
  const clients = () => [...sessions].filter((session) => session.isGreeted);
  const watchIdle = () => {
    clearTimeout(idle);
    const waitMs = clients().length > 0 ? IDLE_MS : UNWANTED_MS;
    if (clients().every((session) => session.windowCount === 0)) idle = setTimeout(finish, waitMs);
  };

  const server = createServer((socket) => {
    const session = new Session(socket, streams, symbolizer, watchIdle);
    sessions.add(session);
    socket.on("error", () => socket.destroy());
    socket.on("close", async () => {
      await session.abandon();
      sessions.delete(session);
      if (session.isGreeted && clients().length === 0) finish();
    });
  });
  const published = await publish(server, socketPath);
  if (published === undefined) return undefined;
  watchIdle();
  return {
    finished,
    async close() {
      clearTimeout(idle);
      published.withdraw();
      server.close();
      for (const session of sessions) await session.abandon();
      symbolizer.close();
      streams.close();
    },
  };
}

/** Lines and inlined functions by DWARF, of the separate debug file where there is one that has them. */
const openLines: OpenLines = (elf, debug) => {
  const lines = DwarfLines.open(debug?.section(".debug_info") ? debug : elf);
  return isReason(lines) ? undefined : lines;
};
