import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { describe } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Dealer, Request } from "zeromq";
import { KERNEL_MAIN } from "../../kernel/cli/kernel-spec.js";
import { endpoint } from "../../kernel/jupyter/connection-file.js";
import { MessageCodec } from "../../kernel/jupyter/message.js";
import { overEachTransport } from "../helpers/each-transport.js";
import { contents, KernelClient, result } from "../helpers/kernel-client.js";

let kernel: KernelClient;

overEachTransport(
  (started) => {
    kernel = started;
  },
  (transport) => {
    test("kernel_info", async () => {
      const { reply } = await kernel.request("kernel_info_request");
      assert.equal(reply.status, "ok");
      assert.equal(reply.protocol_version, "5.4");
      assert.equal(reply.implementation, "proflab");
      const { name, mimetype, file_extension, codemirror_mode } = reply.language_info as Record<
        string,
        string
      >;
      assert.deepEqual(
        [name, mimetype, file_extension, codemirror_mode],
        ["typescript", "text/typescript", ".ts", "typescript"],
      );
      assert.equal((await kernel.request("kernel_info_request", {}, "control")).reply.status, "ok");
    });

    test("complete counts code points, and says what each match is", async () => {
      const code = "'😀'; Math.ab";
      const { reply } = await kernel.request("complete_request", { code, cursor_pos: [...code].length });
      assert.deepEqual(reply.matches, ["abs"]);
      assert.deepEqual([reply.cursor_start, reply.cursor_end], [10, 12]);
      assert.deepEqual((reply.metadata as Record<string, unknown>)._jupyter_types_experimental, [
        { text: "abs", type: "method", start: 10, end: 12 },
      ]);
    });

    test("inspect", async () => {
      const { reply } = await kernel.request("inspect_request", {
        code: "display(",
        cursor_pos: 8,
        detail_level: 0,
      });
      assert.equal(reply.found, true);
      assert.match(
        (reply.data as Record<string, string>)["text/plain"],
        /display\(value[\s\S]*Shows a value/,
      );
      const nothing = await kernel.request("inspect_request", { code: "", cursor_pos: 0, detail_level: 0 });
      assert.deepEqual([nothing.reply.status, nothing.reply.found], ["ok", false]);
    });

    test("a name with a question mark opens the pager", async () => {
      const { reply, iopub } = await kernel.execute("display?");
      const [page] = reply.payload as { source: string; data: Record<string, string> }[];
      assert.equal(page.source, "page");
      assert.match(page.data["text/plain"], /Shows a value/);
      assert.equal(result(iopub), undefined);
    });

    test("a request without its text is refused, and leaves no cell behind", async () => {
      const before = (await kernel.execute("1")).reply.execution_count as number;
      for (const type of ["execute", "complete", "inspect", "is_complete"])
        for (const content of [{}, { code: null }, { code: ["1"] }]) {
          const { reply, iopub } = await kernel.request(`${type}_request`, content);
          assert.equal(reply.status, "error");
          assert.match(String(reply.evalue), /^the request's "code" must be a text, not /);
          assert.equal(iopub.length, 2); // busy, idle
        }
      const { reply } = await kernel.execute("1", { user_expressions: null });
      assert.deepEqual([reply.status, reply.execution_count, reply.user_expressions], ["ok", before + 1, {}]);
      const end = await kernel.request("complete_request", { code: "'😀'; Math.ab" });
      assert.deepEqual([end.reply.matches, end.reply.cursor_end], [["abs"], 12]);
    });

    test("is_complete", async () => {
      const ask = async (code: string) => (await kernel.request("is_complete_request", { code })).reply;
      assert.equal((await ask("1")).status, "complete");
      assert.deepEqual(await ask("if (x) {"), { status: "incomplete", indent: "  " });
      assert.equal((await ask("const = 1")).status, "invalid");
    });

    test("history: tail, range, search", async () => {
      const { reply } = await kernel.execute("const noted = 'in history';");
      const line = reply.execution_count;
      const ask = async (content: Record<string, unknown>) =>
        (await kernel.request("history_request", { output: false, raw: true, ...content })).reply.history;
      const entry = [1, line, "const noted = 'in history';"];
      assert.deepEqual(await ask({ hist_access_type: "tail", n: 1 }), [entry]);
      assert.deepEqual(
        await ask({ hist_access_type: "range", session: 0, start: line, stop: Number(line) + 1 }),
        [entry],
      );
      assert.deepEqual(await ask({ hist_access_type: "search", pattern: "const noted*", n: 5 }), [entry]);
      assert.deepEqual(await ask({ hist_access_type: "tail", n: 1, output: true }), [
        [1, line, [entry[2], null]],
      ]);
    });

    test("comms: none are there, and one that is opened is closed", async () => {
      assert.deepEqual((await kernel.request("comm_info_request")).reply.comms, {});
      const id = kernel.send("comm_open", { comm_id: "c1", target_name: "jupyter.widget", data: {} });
      await kernel.until(() => contents(kernel.of(id), "comm_close").length === 1, "comm_close");
      assert.equal(contents(kernel.of(id), "comm_close")[0].comm_id, "c1");
    });

    test("connect and debug requests are answered", async () => {
      const { reply } = await kernel.request("connect_request");
      assert.equal(reply.shell_port, kernel.connection.shell_port);
      const debug = await kernel.request(
        "debug_request",
        { seq: 3, type: "request", command: "debugInfo" },
        "control",
      );
      const { success, request_seq, body } = debug.reply;
      assert.deepEqual({ success, request_seq, body }, { success: false, request_seq: 3, body: {} });
    });

    test("the heartbeat echoes", async () => {
      const socket = new Request({ linger: 0 });
      socket.connect(endpoint(kernel.connection, kernel.connection.hb_port));
      await socket.send("beat");
      assert.equal(String((await socket.receive())[0]), "beat");
      socket.close();
    });

    test("a message with a wrong signature is not answered", async () => {
      assert.equal(await isStrangerAnswered(kernel), false);
      assert.equal((await kernel.execute("1")).reply.status, "ok");
    });

    describe("the end", () => {
      for (const [channel, restart] of [
        ["control", false],
        ["shell", true],
      ] as const) {
        test(`shutdown on ${channel}, restart ${restart}`, async () => {
          await using ending = await KernelClient.start({ transport });
          await ending.execute("1");
          const { reply } = await ending.request("shutdown_request", { restart }, channel);
          assert.deepEqual(reply, { status: "ok", restart });
          await exited(ending, 0);
        });
      }

      test("the parent's death", async () => {
        // A shell starts a kernel in the background, says that it is the parent, and is killed.
        const folder = mkdtempSync(join(tmpdir(), "proflab-orphan-"));
        const file = join(folder, "connection.json");
        const ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
        writeFileSync(file, JSON.stringify({ transport: "ipc", ip: join(folder, "s"), key: "k", ...ports }));
        const script = `JPY_PARENT_PID=$$ "${process.execPath}" "${KERNEL_MAIN}" "${file}" & echo $!; wait`;
        const shell = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
        const [line] = await once(shell.stdout, "data");
        const pid = Number(String(line));
        await sleep(1000);
        process.kill(pid, 0);
        shell.kill("SIGKILL");
        const deadline = Date.now() + 120_000;
        while (isRunning(pid) && Date.now() < deadline) await sleep(100);
        assert.equal(isRunning(pid), false);
        rmSync(folder, { recursive: true });
      });

      test("shutdown of a busy kernel", async () => {
        await using ending = await KernelClient.start({ transport });
        ending.sendExecute("for (;;);");
        await ending.until(
          () => ending.published.some(({ header }) => header.msg_type === "execute_input"),
          "start",
        );
        await ending.request("shutdown_request", { restart: false }, "control");
        await exited(ending, 0);
      });

      test("process.exit() in a cell sends what was printed", async () => {
        await using ending = await KernelClient.start({ transport });
        const id = ending.sendExecute("console.log('last words'); process.exit(3)");
        await exited(ending, 3);
        assert.equal(contents(ending.of(id), "stream")[0]?.text, "last words\n");
      });
    });

    test("without a key", async () => {
      await using open = await KernelClient.start({ transport, key: "" });
      assert.deepEqual(result((await open.execute("6 * 7")).iopub), { "text/plain": "42" });
    });
  },
);

async function exited({ process, terminal }: KernelClient, code: number): Promise<void> {
  if (process.exitCode === null) await once(process, "exit");
  assert.deepEqual([process.exitCode, process.signalCode], [code, null], terminal);
  assert.equal(terminal, "");
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Asks for kernel_info as a client that knows the ports and not the key. */
async function isStrangerAnswered({ connection }: KernelClient): Promise<boolean> {
  const codec = new MessageCodec("guessed");
  const socket = new Dealer({ linger: 0, receiveTimeout: 500 });
  socket.connect(endpoint(connection, connection.shell_port));
  const header = codec.header("kernel_info_request");
  await socket.send(
    codec.encode({ identities: [], header, parent: {}, metadata: {}, content: {}, buffers: [] }),
  );
  try {
    await socket.receive();
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
