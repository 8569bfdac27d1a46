import type { StreamName } from "./cell-messages.js";

/** Sends all that this thread writes to stdout and stderr, by `console` or directly, to the notebook. */
export function captureOutput(send: (name: StreamName, text: string) => void): void {
  for (const name of ["stdout", "stderr"] as const) {
    const write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
      if (text !== "") send(name, text);
      const callback = [encoding, done].find((argument) => typeof argument === "function");
      if (callback) process.nextTick(callback as () => void);
      return true;
    };
    process[name].write = write as typeof process.stdout.write;
  }
}
