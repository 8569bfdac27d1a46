import { after, before, describe } from "node:test";
import { KernelClient } from "./kernel-client.js";

/** How a client reaches a kernel: over the loopback interface, or over Unix sockets. */
export const TRANSPORTS = ["tcp", "ipc"] as const;

/**
 * Defines tests once for each transport, over which each time one kernel serves them all.
 *
 * @param begin gets the kernel before the first test
 * @param define defines the tests
 */
export function overEachTransport(
  begin: (kernel: KernelClient) => unknown,
  define: (transport: (typeof TRANSPORTS)[number]) => void,
): void {
  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      let kernel: KernelClient | undefined;
      before(async () => {
        kernel = await KernelClient.start({ transport });
        await begin(kernel);
      });
      after(() => kernel?.[Symbol.asyncDispose]());
      define(transport);
    });
  }
}
