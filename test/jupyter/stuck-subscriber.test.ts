import assert from "node:assert/strict";
import { test } from "node:test";
import { Subscriber } from "zeromq";
import { endpoint } from "../../kernel/jupyter/connection-file.js";
import { contents, KernelClient, printed } from "../helpers/kernel-client.js";

/** More than sockets and ZeroMQ hold on the way. */
const LINES = 100_000;
const LINE = "x".repeat(999);

test("a subscriber that takes nothing holds the others up for a while only, and the terminal stays quiet", async () => {
  await using kernel = await KernelClient.start();
  const stuck = new Subscriber({ linger: 0, receiveHighWaterMark: 1 });
  stuck.subscribe();
  stuck.connect(endpoint(kernel.connection, kernel.connection.iopub_port));
  await kernel.until(() => contents(kernel.published, "iopub_welcome").length === 2, "its welcome");
  const { reply, iopub } = await kernel.execute(`for (let i = 0; i < ${LINES}; i++) console.log("${LINE}");`);
  assert.equal(reply.status, "ok");
  assert.equal(printed(iopub).length, LINES * (LINE.length + 1));
  assert.equal(kernel.terminal, "");
  stuck.close();
});
