import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import type { KernelSpec } from "../../kernel/cli/kernel-spec.js";
import type { Content } from "../../kernel/jupyter/message.js";
import { contents, KernelClient, printed, result } from "../helpers/kernel-client.js";

// What the Jupyter extension of VS Code does where it runs a kernel without a Jupyter server: it looks for kernel.json in
// Jupyter's data folders, starts argv on ports of its own with the notebook's folder as working directory, and speaks by
// the client of JupyterLab. VS Code itself cannot run here.

const CLI = fileURLToPath(new URL("../../kernel/cli/main.js", import.meta.url));
const prefix = mkdtempSync(join(tmpdir(), "proflab-vscode-"));
/** As it runs a cell: what waits is not aborted by the kernel, and the kernel may ask. */
const RUN = { silent: false, stop_on_error: false, allow_stdin: true, store_history: true };
let spec: KernelSpec;
let kernel: KernelClient;

before(async () => {
  const { status, stderr } = spawnSync(process.execPath, [CLI, "install", "--prefix", prefix], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  spec = discovered();
  kernel = await started();
});
after(async () => {
  await kernel?.[Symbol.asyncDispose]();
  rmSync(prefix, { recursive: true });
});

/** The kernel that is found in a data folder. */
function discovered(): KernelSpec {
  const kernels = join(prefix, "share/jupyter/kernels");
  const [name, ...others] = readdirSync(kernels);
  assert.deepEqual([name, others], ["proflab", []]);
  return JSON.parse(readFileSync(join(kernels, name, "kernel.json"), "utf8"));
}

/** A kernel that was started by its kernel.json, and has answered what it is. */
async function started(): Promise<KernelClient> {
  const client = await KernelClient.spawn(spec.argv, {}, spec.env);
  await client.welcomed();
  const { reply } = await client.request("kernel_info_request");
  assert.equal(reply.status, "ok");
  return client;
}

test("kernel.json: a program by its whole path, a language that VS Code has, interrupts by message, no debugger", () => {
  const [program] = spec.argv;
  assert.ok(isAbsolute(program));
  accessSync(program, constants.X_OK);
  assert.equal(spec.argv.filter((word) => word.includes("{connection_file}")).length, 1);
  assert.deepEqual(
    [spec.language, spec.interrupt_mode, spec.metadata.debugger],
    ["typescript", "message", false],
  );
  assert.ok(spec.display_name.length > 0);
});

test("its first requests: kernel_info on shell and control, comms, history; the status returns to idle", async () => {
  const { reply } = await kernel.request("kernel_info_request", {}, "control");
  const language = reply.language_info as Record<string, string>;
  assert.deepEqual(
    [language.name, language.file_extension, language.mimetype],
    ["typescript", ".ts", "text/typescript"],
  );
  assert.equal(reply.debugger, false);
  assert.deepEqual(
    (await kernel.request("comm_info_request", { target_name: "jupyter.widget" })).reply.comms,
    {},
  );
  const history = { hist_access_type: "tail", n: 10, output: false, raw: true };
  assert.deepEqual((await kernel.request("history_request", history)).reply.history, []);
  assert.equal(kernel.published.at(-1)?.content.execution_state, "idle");
});

test("questions of a debugger are refused by the schema of its protocol", async () => {
  for (const [seq, command] of ["debugInfo", "initialize", "attach"].entries()) {
    const { reply } = await kernel.request(
      "debug_request",
      { seq, type: "request", command, arguments: {} },
      "control",
    );
    assert.deepEqual(
      [reply.type, reply.request_seq, reply.success, reply.command],
      ["response", seq, false, command],
    );
    assert.equal(typeof reply.message, "string");
  }
});

test("a helper's code, silent and not stored, leaves no trace but what it asked for", async () => {
  const before = (await kernel.execute("0", RUN)).reply.execution_count;
  const { reply, iopub } = await kernel.execute("process.cwd()", {
    ...RUN,
    ...{ silent: true, store_history: false, user_expressions: { folder: "process.cwd()" } },
  });
  assert.deepEqual(
    iopub.map(({ content }) => content.execution_state),
    ["busy", "idle"],
  );
  const { folder } = reply.user_expressions as Record<string, Content>;
  assert.deepEqual(folder.data, { "text/plain": `'${kernel.directory}'` });
  assert.equal((await kernel.execute("0", RUN)).reply.execution_count, Number(before) + 1);
});

test("a cell that fails does not stop the ones behind it", async () => {
  const ids = ["throw new Error('x')", "console.log('still')"].map((code) => kernel.sendExecute(code, RUN));
  const [failed, next] = await Promise.all(ids.map((id) => kernel.answer(id)));
  assert.deepEqual([failed.reply.status, next.reply.status], ["error", "ok"]);
  assert.equal(printed(next.iopub), "still\n");
});

test("widgets: the comm that asks for all of them is closed, and what comes for it after is nobody's", async () => {
  const metadata = { version: "1.0.0" };
  const open = { comm_id: "control", target_name: "jupyter.widget.control", data: {} };
  const id = kernel.send("comm_open", open, "shell", { metadata });
  await kernel.until(() => contents(kernel.of(id), "comm_close").length === 1, "comm_close");
  assert.equal(contents(kernel.of(id), "comm_close")[0].comm_id, "control");
  const data = { method: "request_states" };
  const late = kernel.send("comm_msg", { comm_id: "control", data }, "shell", { metadata });
  await kernel.until(
    () => kernel.of(late).some(({ content }) => content.execution_state === "idle"),
    "idle after the message",
  );
  assert.deepEqual((await kernel.request("comm_info_request")).reply.comms, {});
});

test("completion and hover in the middle of a cell of many lines", async () => {
  await kernel.execute("/** Says it. */\nfunction say(text: string) { return text; }", RUN);
  const code = "const first = 1;\nsay('x').toUp\nfirst";
  const { reply } = await kernel.request("complete_request", { code, cursor_pos: code.indexOf("\nfirst") });
  assert.ok((reply.matches as string[]).includes("toUpperCase"));
  assert.equal(code.slice(Number(reply.cursor_start), Number(reply.cursor_end)), "toUp");
  const hover = await kernel.request("inspect_request", {
    code,
    cursor_pos: code.indexOf("say") + 1,
    detail_level: 0,
  });
  assert.equal(hover.reply.found, true);
  const data = hover.reply.data as Record<string, string>;
  assert.match(data["text/markdown"], /function say\(text: string\): string[\s\S]*Says it\./);
  assert.match(data["text/plain"], /Says it\./);
});

test("its button Interrupt is a message on control", async () => {
  const id = kernel.sendExecute("console.log('on'); for (;;);", RUN);
  await kernel.until(() => printed(kernel.of(id)) === "on\n", "the loop");
  assert.equal((await kernel.request("interrupt_request", {}, "control")).reply.status, "ok");
  assert.equal((await kernel.answer(id)).reply.ename, "Interrupted");
});

for (const restart of [true, false]) {
  test(`shutdown with restart: ${restart} is answered, and the process ends by itself`, async () => {
    await using ending = await started();
    const { reply } = await ending.request("shutdown_request", { restart }, "control");
    assert.deepEqual(reply, { status: "ok", restart });
    if (ending.process.exitCode === null) await once(ending.process, "exit");
    assert.equal(ending.process.exitCode, 0, ending.terminal);
  });
}

test("a kernel that dies: its cell ends with the reason, what waits is answered, and the exit code tells", async () => {
  await using dying = await started();
  const ids = ["setTimeout(() => process.exit(7), 500); await new Promise(() => {});", "1"].map((code) =>
    dying.sendExecute(code, RUN),
  );
  const [died, waiting] = await Promise.all(ids.map((id) => dying.answer(id)));
  assert.deepEqual([died.reply.status, died.reply.ename], ["error", "ProcessExit"]);
  assert.match(String(contents(died.iopub, "error")[0].evalue), /process\.exit\(7\)/);
  assert.equal(waiting.reply.status, "aborted");
  if (dying.process.exitCode === null) await once(dying.process, "exit");
  assert.equal(dying.process.exitCode, 7);
  await using again = await started();
  assert.equal(result((await again.execute("1 + 1", RUN)).iopub)?.["text/plain"], "2");
});
