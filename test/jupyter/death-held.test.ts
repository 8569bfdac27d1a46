import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test, { describe, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Subscriber } from "zeromq";
import { endpoint } from "../../kernel/jupyter/connection-file.js";
import { TRANSPORTS } from "../helpers/each-transport.js";
import { contents, KernelClient, printed, result } from "../helpers/kernel-client.js";
import { cellPid, kernelEnded, startAgain } from "../helpers/kernel-end.js";
import { eventually } from "../helpers/sampler-runtime.js";
import { SLOW_TYPES } from "../helpers/slow-types.js";

/** Shell: says its pid in a file, and outlives the cells' process. */
const SURVIVOR = "echo $$ > survivor.new; mv survivor.new survivor; exec sleep 1000";
const UNTIL_IT_LIVES =
  'while (!require("fs").existsSync("survivor")) await new Promise((next) => setTimeout(next, 20));';
/** The longest way that native code may take to end: until a signal comes. */
const WORKER = `require("child_process").execSync(${JSON.stringify(SURVIVOR)})`;

/** What a cell prints: more than the system keeps for a subscriber that does not read. */
const LINES = 128;
const LINE = 1 << 16;
const LATE_MS = 3000;
const PAGE_BYTES = 4096;
/** Longer than a process that said that it exits may take for it. */
const GOING_MS = 7000;

/** Code that ends the process of the cells, where something stands in the way, and what the notebook is told. */
const DEATHS: Record<string, { code: string; text: RegExp }> = {
  "a child that outlives it and has its stdout": {
    code: `require("child_process").spawn("sh", ["-c", ${JSON.stringify(SURVIVOR)}], { stdio: "inherit", detached: true });
      ${UNTIL_IT_LIVES} process.exit(3)`,
    text: /process\.exit\(3\) ended the process that runs the cells\./,
  },
  "a worker in native code": {
    code: `new (require("worker_threads").Worker)(${JSON.stringify(WORKER)}, { eval: true }); ${UNTIL_IT_LIVES} process.exit(3)`,
    text: /process\.exit\(3\) ended.*another thread.*killed/,
  },
  "an exit handler without end": {
    code: 'process.on("exit", () => { for (;;); }); process.exit(3)',
    text: /process\.exit\(3\) ended.*exit handler.*killed/,
  },
};

for (const transport of TRANSPORTS) {
  describe(`over ${transport}, the end of the cells' process is told in bounded time, and nothing is left, with`, () => {
    for (const [name, { code, text }] of Object.entries(DEATHS)) {
      test(name, async () => {
        await using kernel = await KernelClient.start({ transport });
        const pid = await cellPid(kernel);
        const id = kernel.sendExecute(`console.log("said before"); ${code}`);
        const waiting = kernel.sendExecute("1");
        try {
          const { reply, iopub } = await kernel.answer(id);
          assert.equal(printed(iopub), "said before\n");
          assert.deepEqual([reply.status, reply.ename], ["error", "ProcessExit"]);
          assert.match((contents(iopub, "error")[0].traceback as string[]).join("\n"), text);
          assert.equal((await kernel.answer(waiting)).reply.status, "aborted");
          await kernelEnded(kernel, 3);
          assert.equal(existsSync(`/proc/${pid}`), false);
          assert.equal(existsSync(`/tmp/perf-${pid}.map`), false);
        } finally {
          killSurvivor(kernel);
        }
      });
    }

    test("a cell that is compiled meanwhile, which would take minutes", async () => {
      await using kernel = await KernelClient.start({ transport });
      await kernel.execute("setTimeout(() => process.exit(4), 500)");
      const id = kernel.sendExecute(SLOW_TYPES);
      const { reply } = await kernel.answer(id);
      assert.deepEqual([reply.status, reply.ename], ["error", "ProcessExit"]);
      await kernelEnded(kernel, 4);
    });

    test("expressions that are asked for after process.exit(0)", async () => {
      await using kernel = await KernelClient.start({ transport });
      const { reply } = await kernel.execute("process.exit(0)", { user_expressions: { one: "1" } });
      const { one } = reply.user_expressions as Record<string, { ename: string }>;
      assert.deepEqual([reply.status, one.ename], ["ok", "ProcessExit"]);
      await kernelEnded(kernel, 0);
    });

    test("a kernel that starts again on the same connection while a child of the last one lives", async () => {
      await using kernel = await KernelClient.start({ transport });
      try {
        await kernel.execute(DEATHS["a child that outlives it and has its stdout"].code);
        await kernelEnded(kernel, 3);
        const again = startAgain(kernel);
        try {
          assert.deepEqual(result((await kernel.execute("1 + 1")).iopub), { "text/plain": "2" });
        } finally {
          again.kill("SIGKILL");
        }
      } finally {
        killSurvivor(kernel);
      }
    });
  });
}

test("a subscriber that reads late gets all that a cell printed before it ended the process, and the error", async (t) => {
  await using kernel = await KernelClient.start();
  const late = await secondSubscriber(kernel, t);
  await kernel.execute(
    `for (let i = 0; i < ${LINES}; i++) console.log("x".repeat(${LINE})); process.exit(3)`,
  );
  await sleep(LATE_MS);
  assert.equal(await printedUntilExit(late), LINES * (LINE + 1));
  await kernelEnded(kernel, 3);
});

/** Prints by a child until nobody takes it any longer, says in a file how much that was, and ends the process. */
const UNTIL_FULL = `const fs = require("fs");
const yes = require("child_process").spawn("yes", { stdio: "inherit" });
const wrote = () => Number(/wchar: (\\d+)/.exec(fs.readFileSync("/proc/" + yes.pid + "/io", "utf8"))![1]);
for (let before = -1; before !== wrote(); ) {
  before = wrote();
  await new Promise((next) => setTimeout(next, 500));
}
fs.writeFileSync("wrote", String(wrote()));
yes.kill("SIGKILL");
process.exit(3);`;

test("a subscriber that reads late gets also what a child printed last", async (t) => {
  await using kernel = await KernelClient.start();
  const pid = await cellPid(kernel);
  const late = await secondSubscriber(kernel, t);
  const id = kernel.sendExecute(UNTIL_FULL);
  await eventually("the process has ended", () => !existsSync(`/proc/${pid}`));
  await sleep(1000);
  const printed = await printedUntilExit(late);
  const wrote = Number(readFileSync(join(kernel.directory, "wrote"), "utf8"));
  // Linux counts also a byte that the child wrote elsewhere before it was `yes`, which writes whole pages.
  assert.ok(printed > wrote - PAGE_BYTES, `${printed} of ${wrote} bytes`);
  await kernel.answer(id);
  await kernelEnded(kernel, 3);
});

test("a cell that calls the handlers of the exit lives on", async () => {
  await using kernel = await KernelClient.start();
  await kernel.execute('let kept = 1; process.emit("exit", 0);');
  await sleep(GOING_MS);
  assert.deepEqual(result((await kernel.execute("kept + 1")).iopub), { "text/plain": "2" });
});

/** A client that takes what the kernel publishes only when it reads. */
async function secondSubscriber(kernel: KernelClient, t: TestContext): Promise<Subscriber> {
  const late = new Subscriber({ receiveHighWaterMark: 1, linger: 0 });
  t.after(() => late.close());
  late.subscribe("kernel"); // the beginning of every topic
  late.connect(endpoint(kernel.connection, kernel.connection.iopub_port));
  const welcomes = () => contents(kernel.published, "iopub_welcome").length;
  await kernel.until(() => welcomes() > 1, "the welcome of both");
  return late;
}

/** Reads until the cell's error; returns how many characters it had printed. */
async function printedUntilExit(late: Subscriber): Promise<number> {
  let printed = 0;
  for await (const frames of late) {
    const [type, content] = [frames[0].toString().split(".").at(-1), JSON.parse(frames.at(-1)!.toString())];
    if (type === "stream") printed += content.text.length;
    if (type !== "error") continue;
    assert.equal(content.ename, "ProcessExit");
    break;
  }
  return printed;
}

function killSurvivor(kernel: KernelClient): void {
  const file = join(kernel.directory, "survivor");
  if (existsSync(file)) process.kill(Number(readFileSync(file, "utf8")), "SIGKILL");
}
