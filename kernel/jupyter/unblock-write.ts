import { Socket } from "node:net";

/** libuv's handle of a descriptor, in which Node has more than it declares. */
interface Handle {
  setBlocking(isBlocking: boolean): number;
}

/** Made once for a number, and never closed: that would close the cell's descriptor. */
const handles = new Map<number, Handle>();
/** Those on which nothing waits now. Later, another file may have their number. */
const changed = new Set<Handle>();

/**
 * Lets a write that waits for a pipe's or socket's reader fail instead of waiting, from the next signal on: libuv writes
 * again after a signal, but not after what a descriptor says that does not wait.
 */
export function waitForNoReader(fd: number): void {
  try {
    const handle = handleOf(fd);
    handle.setBlocking(false);
    changed.add(handle);
  } catch {
    // neither a pipe nor a socket: it ends by itself
  }
}

/** Lets writes wait again. Call it when the interrupt is over. */
export function waitForReaders(): void {
  for (const handle of changed) handle.setBlocking(true);
  changed.clear();
}

function handleOf(fd: number): Handle {
  const known = handles.get(fd);
  if (known) return known;
  // As Node opens stdout.
  const socket = new Socket({ fd, readable: false, writable: true });
  const handle = (socket as unknown as { _handle: Handle & { unref(): void } })._handle;
  handle.unref();
  handles.set(fd, handle);
  return handle;
}
