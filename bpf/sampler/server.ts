import { chmodSync, lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { dirname } from "node:path";
import { Symbolizer } from "../symbols/symbolizer.js";
import type { Privileged } from "./privileged.js";
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
 * @returns undefined when another sampler answers there already
 */
export async function serve(socketPath: string, privileged: Privileged): Promise<SamplerServer | undefined> {
  privateDirectory(dirname(socketPath));
  const streams = new Streams(privileged);
  const symbolizer = new Symbolizer(privileged);
  const sessions = new Set<Session>();
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let idle = setTimeout(finish, UNWANTED_MS);
  const watchIdle = () => {
    clearTimeout(idle);
    if ([...sessions].every((session) => session.windowCount === 0)) idle = setTimeout(finish, IDLE_MS);
  };

  const server = createServer((socket) => {
    const session = new Session(socket, streams, symbolizer, watchIdle);
    sessions.add(session);
    watchIdle();
    socket.on("error", () => socket.destroy());
    socket.on("close", async () => {
      await session.abandon();
      sessions.delete(session);
      if (sessions.size === 0) finish();
    });
  });
  if (!(await listen(server, socketPath))) {
    clearTimeout(idle);
    return undefined;
  }
  chmodSync(socketPath, 0o600);
  return {
    finished,
    async close() {
      clearTimeout(idle);
      server.close();
      unlinkIfOurs(socketPath);
      for (const session of sessions) await session.abandon();
    },
  };
}

/** Makes the directory with mode 0700, or checks that it is ours and closed to others. */
function privateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const stat = lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0)
    throw new Error(`${directory} must be a directory of this user with mode 0700`);
}

/** False when a living sampler holds the socket; the socket of a dead one is replaced. */
async function listen(server: Server, socketPath: string): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once("error", resolve);
      server.listen(socketPath, () => {
        server.removeListener("error", resolve);
        resolve(undefined);
      });
    });
    if (error === undefined) return true;
    if (error.code !== "EADDRINUSE" || attempt > 0) throw error;
    if (await answers(socketPath)) return false;
    unlinkSync(socketPath);
  }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

function unlinkIfOurs(socketPath: string): void {
  try {
    unlinkSync(socketPath);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
