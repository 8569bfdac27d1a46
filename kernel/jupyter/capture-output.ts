import { type FromMain, SHARED, type StreamName } from "./thread-messages.js";

/** A cell that prints faster than the sockets take it waits here, instead of filling the memory. */
const MAX_PENDING_CHARACTERS = 16 << 20;

/** Sends all that this thread writes to stdout and stderr, by `console` or directly, to the notebook. */
export function captureOutput(shared: Int32Array, send: (message: FromMain) => void): void {
  for (const name of ["stdout", "stderr"] as const) {
    const write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
      sendText(name, text, shared, send);
      const callback = [encoding, done].find((argument) => typeof argument === "function");
      if (callback) process.nextTick(callback as () => void);
      return true;
    };
    process[name].write = write as typeof process.stdout.write;
  }
}

function sendText(
  name: StreamName,
  text: string,
  shared: Int32Array,
  send: (message: FromMain) => void,
): void {
  if (text === "") return;
  Atomics.add(shared, SHARED.pendingOutput, text.length);
  send({ type: "stream", name, text });
  for (;;) {
    const pending = Atomics.load(shared, SHARED.pendingOutput);
    if (pending <= Math.max(MAX_PENDING_CHARACTERS, text.length)) return;
    Atomics.wait(shared, SHARED.pendingOutput, pending, 50);
  }
}
