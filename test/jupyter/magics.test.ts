import assert from "node:assert/strict";
import test from "node:test";
import { overEachTransport } from "../helpers/each-transport.js";
import { type KernelClient, printed, result } from "../helpers/kernel-client.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";

ownRuntimeDirectory();

let kernel: KernelClient;

const WORK = `function work(turns: number): number {
  let x = 1;
  for (let i = 0; i < turns; i++) x = Math.sqrt(x + 2);
  return x;
}`;

async function failure(code: string): Promise<string> {
  const { reply } = await kernel.execute(code);
  assert.equal(reply.status, "error", code);
  return `${reply.ename}: ${reply.evalue}`;
}

overEachTransport(
  (started) => {
    kernel = started;
  },
  () => {
    test("%%profile: the cell is the window, its frame is shown and bound, its value kept", async () => {
      const { reply, iopub } = await kernel.execute(
        `%%profile before --frequency 499 --user-only\n${WORK}\nwork(1e8);\n"its value"`,
      );
      assert.equal(reply.status, "ok", `${reply.evalue}`);
      const shown = result(iopub)!;
      assert.match(shown["text/plain"], /work {2}In\[\d+\]:2/);
      assert.match(shown["text/html"], /work {2}In\[\d+\]:2/);
      const { iopub: facts } = await kernel.execute(`console.log(JSON.stringify({
  value: before.value, samples: before.meta.accounting.samples, meta: before.meta,
  names: before.table("frames").toJSON({ format: "row" }),
}));`);
      const { value, samples, meta, names } = JSON.parse(printed(facts));
      assert.equal(value, "its value");
      assert.ok(samples > 50, `${samples} samples`);
      assert.match(JSON.stringify(meta), /499/);
      const work = names.find(({ name }: { name: string }) => /^work {2}In\[\d+\]:2$/.test(name));
      assert.ok(work?.total > 0.8 * samples, JSON.stringify(work));
      assert.ok(!names.some(({ kind }: { kind: string }) => kind === "kernel"));
      assert.equal(result((await kernel.execute("work(1)")).iopub)?.["text/plain"], "1.7320508075688772");
    });

    test("%%profile without a name, with top-level await and imports", async () => {
      const code = `%%profile\nimport { setTimeout as sleep } from "node:timers/promises";\nawait sleep(20); work(2e7)`;
      const { reply, iopub } = await kernel.execute(code);
      assert.equal(reply.status, "ok", `${reply.evalue}`);
      assert.match(result(iopub)!["text/plain"], /samples of/);
    });

    test("%%profile says what it accepts, and binds nothing when the cell fails", async () => {
      assert.match(await failure("%%profile a-b"), /^UsageError: .*no name of a variable/);
      assert.match(await failure("%%profile before 997"), /%%profile \[name\] \[options\].*--frequency 997/);
      assert.match(
        await failure("%%profile --frequency x\n1"),
        /^OptionError: .*"frequency" must be a whole number/,
      );
      assert.match(
        await failure("%%profile --bogus 3\n1"),
        /^OptionError: .*bogus.*the options are.*frequency/,
      );
      assert.match(await failure("%%profile lost\nthrow new RangeError('inside')"), /^RangeError: inside$/);
      assert.match(await failure("lost"), /Cannot find name 'lost'/);
    });

    test("%%profile ends at an interrupt, with what was sampled", async () => {
      const id = kernel.sendExecute("%%profile partial\nconsole.log('busy'); for (;;) work(1e6);");
      await kernel.until(() => printed(kernel.of(id)) === "busy\n", "the loop");
      await new Promise((resolve) => setTimeout(resolve, 500));
      await kernel.request("interrupt_request", {}, "control");
      const { reply, iopub } = await kernel.answer(id);
      assert.equal(reply.status, "ok", `${reply.evalue}`);
      assert.match(result(iopub)!["text/plain"], /work {2}In\[\d+\]:2/);
      const { iopub: meta } = await kernel.execute("partial.meta.interrupted");
      assert.equal(result(meta)?.["text/plain"], "true");
    });

    test("%%time prints wall and CPU time beside the result, also of a cell that fails", async () => {
      const { iopub } = await kernel.execute("%%time\nconst root = work(1e7);\nroot > 1");
      assert.match(
        printed(iopub),
        /^Wall time: [\d.]+ m?s\nCPU time: [\d.]+ m?s \(user [\d.]+ \S+, system [\d.]+ \S+\)\n$/,
      );
      assert.equal(result(iopub)?.["text/plain"], "true");
      assert.equal(result((await kernel.execute("root > 1")).iopub)?.["text/plain"], "true");
      const failed = await kernel.execute("%%time\n\nthrow new Error('timed')");
      assert.match(printed(failed.iopub), /Wall time/);
      assert.match((failed.reply.traceback as string[]).join("\n"), /In\[\d+\]:3:7/);
    });

    test("%%bash streams both outputs, in the notebook's folder; a status is an error", async () => {
      const { reply, iopub } = await kernel.execute(
        "%%bash\npwd; echo 'π' >&2\nfor i in 1 2; do echo $i; done",
      );
      assert.equal(reply.status, "ok");
      assert.equal(printed(iopub), `${kernel.directory}\n1\n2\n`);
      assert.equal(printed(iopub, "stderr"), "π\n");
      assert.equal(await failure("%%bash\nexit 3"), "BashError: bash ended with status 3");
      assert.equal(await failure("%%bash\nkill -9 $$"), "BashError: bash was ended by SIGKILL");
      const id = kernel.sendExecute("%%bash\necho early; sleep 1; echo late");
      await kernel.until(() => printed(kernel.of(id)) === "early\n", "early output");
      assert.equal(printed((await kernel.answer(id)).iopub), "early\nlate\n");
    });

    test("%%bash is interrupted with all that it runs", async () => {
      const id = kernel.sendExecute("%%bash\nsleep 600 & echo $!; sleep 601; echo never");
      await kernel.until(() => /^\d+\n/.test(printed(kernel.of(id))), "the pid");
      await kernel.request("interrupt_request", {}, "control");
      const { reply, iopub } = await kernel.answer(id);
      assert.equal(reply.ename, "Interrupted");
      assert.doesNotMatch(printed(iopub), /never/);
      // A background process ignores SIGINT by bash's own rule: it is the script's to end.
      process.kill(Number(/^\d+/.exec(printed(iopub))![0]), "SIGKILL");
    });

    test("only a cell's first line is a magic; an unknown one is told which there are", async () => {
      assert.match(
        await failure("%%nope\n1"),
        /^UsageError: %%nope is no magic[\s\S]*%%profile[\s\S]*%%time[\s\S]*%%bash/,
      );
      assert.match(await failure("%time 1"), /^UsageError: %time is no magic/);
      assert.match(await failure("%%time 5\n1"), /takes nothing behind it/);
      for (const misplaced of ["\n%%time\n1", " %%time\n1", "// why\n%%profile a\n1"]) {
        const { reply } = await kernel.execute(misplaced);
        assert.equal(reply.ename, "SyntaxError", misplaced);
        const text = (reply.traceback as string[]).join("\n");
        assert.equal(text.match(/A magic must be the cell's first line/g)?.length, 1, text);
      }
      const { iopub } = await kernel.execute("const text = `\n%%bash\nexit 1`;\n7 %\n4");
      assert.equal(result(iopub)?.["text/plain"], "3");
      assert.equal(result((await kernel.execute("text")).iopub)?.["text/plain"], "'\\n%%bash\\nexit 1'");
    });

    test("line ends and the mark of files of Windows change nothing", async () => {
      const printedBy = async (code: string) => printed((await kernel.execute(code)).iopub);
      assert.equal(await printedBy("%%bash\r\necho one\r\necho two | cat -A\r\n"), "one\ntwo$\n");
      assert.match(await printedBy("\ufeff%%time\r\n1"), /^Wall time/);
      const { reply, iopub } = await kernel.execute("\ufeffconst windows = `a\r\nb`;\r\nwindows");
      assert.equal(reply.status, "ok");
      assert.deepEqual(result(iopub), { "text/plain": "'a\\nb'" });
      const { reply: error } = await kernel.execute("\ufeffconst a = 1;\r\nthrow new Error('x');\r\n");
      assert.match(String((error.traceback as string[]).at(-1)), /In\[\d+\]:2:7$/);
    });

    test("magics complete, explain themselves, and are whole or not", async () => {
      const complete = async (code: string) =>
        (await kernel.request("complete_request", { code, cursor_pos: code.length })).reply;
      assert.deepEqual((await complete("%%")).matches, ["%%profile", "%%time", "%%bash"]);
      const { matches, cursor_start } = await complete("%%profile before --u");
      assert.deepEqual([matches, cursor_start], [["--unwind-table-megabytes", "--user-only"], 17]);
      const below = "%%profile x\nMath.ab";
      assert.deepEqual((await complete(below)).matches, ["abs"]);
      assert.deepEqual((await complete("%%bash\nls Math")).matches, []);
      const { reply } = await kernel.request("inspect_request", {
        code: "%%bash\nls",
        cursor_pos: 3,
        detail_level: 0,
      });
      assert.match(
        (reply.data as Record<string, string>)["text/plain"],
        /runs the rest of the cell with bash/,
      );
      const status = async (code: string) =>
        (await kernel.request("is_complete_request", { code })).reply.status;
      assert.deepEqual(
        [
          await status("%%time"),
          await status("%%time\nf("),
          await status("%%time\n1"),
          await status("%%bash\nls"),
        ],
        ["incomplete", "incomplete", "complete", "complete"],
      );
    });
  },
);
