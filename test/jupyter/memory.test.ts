import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Subscriber } from "zeromq";
import { endpoint } from "../../kernel/jupyter/connection-file.js";
import { KernelClient, printed, result } from "../helpers/kernel-client.js";

/** Bytes of a line, and how many a cell prints: a quarter of a GB. */
const LINE = 1 << 16;
const LINES = 4096;

test("output is not gathered: a quarter of a GB passes, for a subscriber that reads and one that does not", async (t) => {
  await using kernel = await KernelClient.start();
  // Connected and subscribed, and reads nothing: what Jupyter's server looks like when it is stopped.
  const idle = new Subscriber({ receiveHighWaterMark: 1, linger: 0 });
  idle.subscribe("kernel"); // the beginning of every topic
  idle.connect(endpoint(kernel.connection, kernel.connection.iopub_port));
  await kernel.until(
    () => kernel.published.filter(({ header }) => header.msg_type === "iopub_welcome").length > 1,
    "the welcome of both",
  );
  t.after(() => idle.close());
  await kernel.execute("1");
  const before = residentMib(kernel.process.pid!);
  const id = kernel.sendExecute(`for (let i = 0; i < ${LINES}; i++) console.log("x".repeat(${LINE}));`);
  let most = before;
  let measuredAt = 0;
  let printed = 0;
  let isDone = false;
  const isIdle = () => {
    for (const { header, content, parent } of kernel.published.splice(0)) {
      if (header.msg_type === "stream") printed += (content.text as string).length;
      if (content.execution_state === "idle" && parent.msg_id === id) isDone = true;
    }
    if (Date.now() - measuredAt > 200) {
      most = Math.max(most, residentMib(kernel.process.pid!));
      measuredAt = Date.now();
    }
    return isDone;
  };
  await kernel.until(isIdle, "the end", 120_000);
  assert.equal(printed, LINES * (LINE + 1));
  t.diagnostic(`${before} MiB, at most ${most} MiB`);
  assert.ok(most - before < 300, `the kernel's processes grew from ${before} to ${most} MiB`);
});

test("cells and timers leave nothing: 200 more cells take no more memory", async (t) => {
  await using kernel = await KernelClient.start();
  const cells = async () => {
    for (let i = 0; i < 100; i++) {
      await kernel.execute(
        `const value = Array.from({ length: 1000 }, (_, i) => i); console.log("x".repeat(50_000)); value`,
      );
      await kernel.execute("for (let i = 0; i < 100; i++) setTimeout(() => i, 1); html('y'.repeat(50_000))");
      kernel.published.length = 0;
    }
    return residentMib(kernel.process.pid!);
  };
  await cells();
  const [first, second] = [await cells(), await cells()];
  assert.deepEqual(result((await kernel.execute("value.length")).iopub), { "text/plain": "1000" });
  t.diagnostic(`${first} MiB, then ${second} MiB`);
  // Collectors run when they like: more than the outputs of 200 cells (20 MB) would be a leak.
  assert.ok(second - first < 100, `${first} MiB, then ${second} MiB`);
});

test("what the kernel keeps of a cell is small: 600 more, checked one after the other, take some MB", async (t) => {
  await using kernel = await KernelClient.start();
  const cells = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await kernel.execute(`const value: { at: number } = { at: ${i} };\nvalue.at + 1`);
      kernel.published.length = 0;
    }
    return residentMib(kernel.process.pid!);
  };
  const first = await cells(400); // until then V8's heaps grow to the size at which they are collected
  const second = await cells(600);
  t.diagnostic(`${first} MiB, then ${second} MiB`);
  // Sources, code and maps of 600 cells are 5 MB, and heaps move by 20. A type checker or a program that stays takes ten
  // MB, and there is one for each dozen of cells.
  assert.ok(second - first < 60, `${first} MiB, then ${second} MiB`);
});

test("a kernel that rests has its cells' garbage collected, and goes on", async () => {
  await using kernel = await KernelClient.start();
  const id = kernel.sendExecute(
    'const registry = new FinalizationRegistry(() => console.log("collected")); registry.register({}, 0); 1',
  );
  await kernel.answer(id);
  await kernel.until(() => printed(kernel.of(id)) === "collected\n", "the collection");
  assert.deepEqual(result((await kernel.execute("typeof (globalThis as any).gc")).iopub), {
    "text/plain": "'undefined'",
  });
});

/** Memory of a process and its descendants; pages that several share are counted once. */
function residentMib(pid: number): number {
  const own = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))!;
  return (
    Math.round(Number(own[1]) / 1024) + children(pid).reduce((sum, child) => sum + residentMib(child), 0)
  );
}

function children(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}
