import { StringDecoder } from "node:string_decoder";
import type { StreamName } from "./cell-messages.js";

/** Sends all that this thread writes to stdout and stderr, by `console` or directly, to the notebook. */
export function captureOutput(send: (name: StreamName, text: string) => void): void {
  for (const name of ["stdout", "stderr"] as const) {
    const decoder = new StringDecoder(); // bytes may end within a character
    const write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
      const isText = typeof chunk === "string" && !Buffer.isEncoding(encoding as string);
      const text = isText ? decoder.end() + chunk : decoder.write(bytes(chunk, encoding));
      if (text !== "") send(name, text);
      const callback = [encoding, done].find((argument) => typeof argument === "function");
      if (callback) process.nextTick(callback as () => void);
      return true;
    };
    process[name].write = write as typeof process.stdout.write;
  }
}

function bytes(chunk: string | Uint8Array, encoding: unknown): Buffer {
  return typeof chunk === "string" ? Buffer.from(chunk, encoding as BufferEncoding) : Buffer.from(chunk);
}
