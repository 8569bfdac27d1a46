import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import test, { describe } from "node:test";
import { KERNEL_FLAGS, KERNEL_MAIN } from "../../kernel/cli/kernel-spec.js";
import { TRANSPORTS } from "../helpers/each-transport.js";
import { contents, KernelClient, printed, result } from "../helpers/kernel-client.js";
import { cellPid, kernelEnded, startAgain } from "../helpers/kernel-end.js";
import { eventually } from "../helpers/sampler-runtime.js";

/** By which a cell calls C. */
const KOFFI = createRequire(import.meta.url).resolve("koffi");

/** Lines of code that end the process of the cells, the error that the notebook gets, and the kernel's exit code. */
const DEATHS: Record<string, { code: string; ename: string; text: RegExp; exitCode: number }> = {
  "process.exit(3)": {
    code: "process.exit(3)",
    ename: "ProcessExit",
    text: /process\.exit\(3\) ended.*variables of all cells are lost/s,
    exitCode: 3,
  },
  "a segmentation fault": {
    code: 'process.kill(process.pid, "SIGSEGV"); await new Promise(() => {});',
    ename: "ProcessDied",
    text: /SIGSEGV ended .*native code/,
    exitCode: 1,
  },
  "an abort": { code: "process.abort()", ename: "ProcessDied", text: /SIGABRT/, exitCode: 1 },
  "a stack of native code that overflows": {
    // The C library compiles a group within a group by a call within a call.
    code: `require(${JSON.stringify(KOFFI)}).load("libc.so.6").func("int regcomp(void *, const char *, int)")(Buffer.alloc(1024), "(".repeat(1e6), 1)`,
    ename: "ProcessDied",
    text: /SIGSEGV ended .*native code/,
    exitCode: 1,
  },
  "V8 that gives up": {
    code: 'process.kill(process.pid, "SIGTRAP"); await new Promise(() => {});',
    ename: "ProcessDied",
    text: /SIGTRAP ended .*V8 gave up/,
    exitCode: 1,
  },
  "a kill from outside": {
    code: 'require("child_process").execSync("kill -9 " + process.pid)',
    ename: "ProcessDied",
    text: /SIGKILL/,
    exitCode: 1,
  },
};

for (const transport of TRANSPORTS) {
  describe(`the death of the cells' process over ${transport} is told, and nothing is left of the kernel`, () => {
    for (const [name, { code, ename, text, exitCode }] of Object.entries(DEATHS)) {
      test(name, async () => {
        await using kernel = await KernelClient.start({ transport });
        const pid = await cellPid(kernel);
        const id = kernel.sendExecute(`console.log("said before"); ${code}`);
        const waiting = kernel.sendExecute("1");
        const { reply, iopub } = await kernel.answer(id);
        assert.equal(printed(iopub), "said before\n");
        assert.deepEqual([reply.status, reply.ename], ["error", ename]);
        assert.match((contents(iopub, "error")[0].traceback as string[]).join("\n"), text);
        assert.equal((await kernel.answer(waiting)).reply.status, "aborted");
        await kernelEnded(kernel, exitCode);
        assert.equal(existsSync(`/proc/${pid}`), false);
        assert.equal(existsSync(`/tmp/perf-${pid}.map`), false);
      });
    }

    test("out of memory, with the limit and how to raise it", async () => {
      await using kernel = await KernelClient.spawn(
        [
          ...["/usr/bin/env", "NODE_OPTIONS=--max-old-space-size=256"],
          ...[process.execPath, ...KERNEL_FLAGS, KERNEL_MAIN, "{connection_file}"],
        ],
        { transport },
      );
      await kernel.welcomed();
      const { reply } = await kernel.execute(
        "const all: string[][] = []; for (;;) all.push(new Array(1e5).fill('x'));",
      );
      assert.equal(reply.ename, "OutOfMemory");
      const text = (reply.traceback as string[]).join("\n");
      const [, limit] = /may have (\d+) MiB/.exec(text)!;
      // The young generation, which differs from one Node to the next, comes on top.
      assert.ok(Number(limit) >= 256 && Number(limit) < 600, limit);
      assert.match(text, /NODE_OPTIONS=--max-old-space-size=\d+/);
      await kernelEnded(kernel, 1);
    });

    test("a worker that is out of memory is an error of its cell, and the kernel goes on", async () => {
      await using kernel = await KernelClient.start({ transport });
      const worker = "const all = []; for (;;) all.push(new Array(1e5).fill(1))";
      const id = kernel.sendExecute(
        `new (require("worker_threads").Worker)(${JSON.stringify(worker)}, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 32 } }); 1`,
      );
      await kernel.until(() => contents(kernel.of(id), "error").length > 0, "the error");
      assert.match(String(contents(kernel.of(id), "error")[0].evalue), /reaching memory limit/);
      assert.deepEqual(result((await kernel.execute("1 + 1")).iopub), { "text/plain": "2" });
    });

    test("process.exit(0) is no error", async () => {
      await using kernel = await KernelClient.start({ transport });
      const { reply, iopub } = await kernel.execute("process.exit()");
      assert.equal(reply.status, "ok");
      assert.match(printed(iopub, "stderr"), /process\.exit\(0\) ended/);
      await kernelEnded(kernel, 0);
    });

    test("between two cells it is told under the last one", async () => {
      await using kernel = await KernelClient.start({ transport });
      const id = kernel.sendExecute("setTimeout(() => process.exit(4), 300); 1");
      assert.deepEqual(result((await kernel.answer(id)).iopub), { "text/plain": "1" });
      await kernelEnded(kernel, 4);
      assert.match(printed(kernel.of(id), "stderr"), /process\.exit\(4\)/);
    });

    test("the kernel starts again on the same connection", async () => {
      await using kernel = await KernelClient.start({ transport });
      await kernel.execute("process.exit(1)");
      await kernelEnded(kernel, 1);
      const again = startAgain(kernel);
      try {
        assert.deepEqual(result((await kernel.execute("1 + 1")).iopub), { "text/plain": "2" });
      } finally {
        again.kill("SIGKILL");
      }
    });
  });

  test(`a killed kernel takes its busy cell's process along, over ${transport}`, async () => {
    await using kernel = await KernelClient.start({ transport });
    const pid = await cellPid(kernel);
    const id = kernel.sendExecute("console.log('busy'); for (;;);");
    await kernel.until(() => printed(kernel.of(id)) === "busy\n", "the loop");
    kernel.process.kill("SIGKILL");
    await eventually("the cells' process has ended", () => !existsSync(`/proc/${pid}`));
    assert.equal(existsSync(`/tmp/perf-${pid}.map`), false);
  });
}
