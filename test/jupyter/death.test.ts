import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import test, { describe } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { KERNEL_FLAGS, KERNEL_MAIN } from "../../kernel/cli/kernel-spec.js";
import { TRANSPORTS } from "../helpers/each-transport.js";
import { contents, KernelClient, printed, result } from "../helpers/kernel-client.js";

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
        await ended(kernel, exitCode);
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
      await ended(kernel, 1);
    });

    test("process.exit(0) is no error", async () => {
      await using kernel = await KernelClient.start({ transport });
      const { reply, iopub } = await kernel.execute("process.exit()");
      assert.equal(reply.status, "ok");
      assert.match(printed(iopub, "stderr"), /process\.exit\(0\) ended/);
      await ended(kernel, 0);
    });

    test("between two cells it is told under the last one", async () => {
      await using kernel = await KernelClient.start({ transport });
      const id = kernel.sendExecute("setTimeout(() => process.exit(4), 300); 1");
      assert.deepEqual(result((await kernel.answer(id)).iopub), { "text/plain": "1" });
      await ended(kernel, 4);
      assert.match(printed(kernel.of(id), "stderr"), /process\.exit\(4\)/);
    });

    test("the kernel starts again on the same connection", async () => {
      await using kernel = await KernelClient.start({ transport });
      await kernel.execute("process.exit(1)");
      await ended(kernel, 1);
      const { spawnfile, spawnargs } = kernel.process;
      const again = spawn(spawnfile, spawnargs.slice(1), { cwd: kernel.directory, stdio: "inherit" });
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
    await until(() => !existsSync(`/proc/${pid}`), "the end of the cells' process");
    assert.equal(existsSync(`/tmp/perf-${pid}.map`), false);
  });
}

async function cellPid(kernel: KernelClient): Promise<number> {
  return Number(result((await kernel.execute("process.pid")).iopub)!["text/plain"]);
}

/** Waits for the kernel's own end. */
async function ended(kernel: KernelClient, code: number): Promise<void> {
  await until(
    () => kernel.process.exitCode !== null || kernel.process.signalCode !== null,
    "the kernel's end",
  );
  assert.equal(kernel.process.exitCode, code, kernel.terminal);
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `waited 20 s for ${what}`);
    await sleep(20);
  }
}
