import { chmodSync, linkSync, lstatSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname, join } from "node:path";

/** Times that the socket of a dead sampler is replaced: each time another sampler may have come first. */
const MAX_ATTEMPTS = 10;

/**
 * Listens at `path`, where one sampler at most is: the second of two that start at once finds the first.
 *
 * The socket is made under a name of its own and then linked to `path`, which fails where there is one already. Node
 * unlinks the name that it bound when the server closes, whoever's socket is there by then; this name is ours alone.
 *
 * @returns undefined when another sampler answers at `path`; `withdraw` takes the socket away, if it is still ours
 */
export async function publish(server: Server, path: string): Promise<{ withdraw(): void } | undefined> {
  const ownPath = join(dirname(path), `${process.pid}.sock`);
  removeIfPresent(ownPath); // of a dead process that had our pid
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(ownPath, resolve);
  });
  chmodSync(ownPath, 0o600);
  const own = identity(ownPath);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (link(ownPath, path)) {
      removeIfPresent(ownPath);
      return { withdraw: () => removeIf(path, own) };
    }
    const other = identity(path);
    if (await answers(path)) {
      server.close();
      return undefined;
    }
    // Another sampler may have replaced the dead one's socket while we asked.
    if (other !== undefined) removeIf(path, other);
  }
  server.close();
  throw new Error(`${path} is made again and again, and nobody answers there`);
}

/** False when there is something at `to` already. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

/** What stays of a socket file when it is linked and unlinked, and tells it from others; inodes alone are used again. */
function identity(path: string): string | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev} ${stat.ino} ${stat.mtimeNs}`;
}

function removeIf(path: string, expected: string | undefined): void {
  if (identity(path) === expected) removeIfPresent(path);
}

function removeIfPresent(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}
