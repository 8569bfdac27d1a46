import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Content, Message } from "../../kernel/jupyter/message.js";
import { TRANSPORTS } from "./each-transport.js";
import { contents, KernelClient, printed, result } from "./kernel-client.js";

/** How often each kind is interrupted, in one kernel. */
const ROUNDS = 20;

/** How a cell is interrupted, and what comes of it. */
export interface Interruption {
  /** Whether the cell is where it shall be interrupted; by default when it has printed "on". */
  isDue?(iopub: readonly Message[]): boolean;
  /** How the cell ends; with an error by default. */
  status?: "ok" | "error";
  /** Of the request to execute. */
  options?: Content;
  /** By default an `interrupt_request`, until it is answered. */
  interrupt?(kernel: KernelClient): Promise<void>;
}

/** Interrupts a cell, many times; each time the cell ends, the variables are there, and the next cell runs. */
export async function interruptOften(
  kernel: KernelClient,
  code: string,
  { isDue = saysOn, status = "error", options, interrupt = request }: Interruption = {},
): Promise<void> {
  await kernel.execute("let rounds = 0;");
  for (let round = 1; round <= ROUNDS; round++) {
    const where = `round ${round}`;
    const id = kernel.sendExecute(code, options);
    const hasFailed = () => contents(kernel.of(id), "error").length > 0;
    await kernel.until(() => isDue(kernel.of(id)) || hasFailed(), `${where} to begin`);
    await interrupt(kernel);
    const { reply, iopub } = await kernel.answer(id);
    const expected = status === "ok" ? ["ok", undefined] : ["error", "Interrupted"];
    assert.deepEqual([reply.status, reply.ename], expected, `${where}: ${JSON.stringify(reply)}`);
    assert.equal(contents(iopub, "error").length, status === "ok" ? 0 : 1, where);
    assert.deepEqual(
      result((await kernel.execute("++rounds")).iopub),
      { "text/plain": String(round) },
      where,
    );
    kernel.published.length = 0; // a helper that looks through all of it would slow down
  }
}

/**
 * Tests for each kind of cell, in a kernel of its own, that it can be interrupted; several at once where they wait. The
 * kernels are reached over one transport and the other in turn.
 */
export function interruptEach(kinds: Record<string, string>, { atOnce = 1 } = {}): void {
  describe("interrupted 20 times in a row, the variables survive", { concurrency: atOnce }, () => {
    for (const [i, [name, code]] of Object.entries(kinds).entries()) {
      const transport = TRANSPORTS[i % TRANSPORTS.length];
      test(`${name}, over ${transport}`, async () => {
        await using kernel = await KernelClient.start({ transport });
        await interruptOften(kernel, code);
      });
    }
  });
}

/** Asks as Jupyter does. */
export async function request(kernel: KernelClient): Promise<void> {
  const { reply } = await kernel.request("interrupt_request", {}, "control");
  assert.equal(reply.status, "ok");
}

function saysOn(iopub: readonly Message[]): boolean {
  return printed(iopub).startsWith("on");
}
