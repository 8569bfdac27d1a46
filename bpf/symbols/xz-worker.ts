import { type MessagePort, workerData } from "node:worker_threads";
import xz from "xz-decompress";
import type { XzRequest } from "./xz.js";

/** Unpacks what it is sent, for a thread that sleeps on `done` until then. */
const { port, done } = workerData as { port: MessagePort; done: Int32Array<SharedArrayBuffer> };

port.on("message", async ({ packed, maxBytes }: XzRequest) => {
  port.postMessage(await unpack(packed, maxBytes).catch(() => undefined));
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});

/** Returns the content of an xz stream; undefined when it is larger than `maxBytes` or damaged. */
async function unpack(packed: Uint8Array<ArrayBuffer>, maxBytes: number): Promise<Uint8Array | undefined> {
  const reader = new xz.XzReadableStream(new Blob([packed]).stream()).getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done: isEnd, value } = await reader.read();
    if (isEnd) return Buffer.concat(chunks);
    size += value.length;
    if (size > maxBytes) {
      await reader.cancel(); // else the decoder stays taken
      return undefined;
    }
    chunks.push(value);
  }
}
