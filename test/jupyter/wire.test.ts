import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { describe } from "node:test";
import { Subscriber } from "zeromq";
import { KERNEL_MAIN } from "../../kernel/cli/kernel-spec.js";
import { endpoint } from "../../kernel/jupyter/connection-file.js";
import type { Content, Message } from "../../kernel/jupyter/message.js";
import { MessageCodec } from "../../kernel/jupyter/message.js";
import { contents, KernelClient, printed, result } from "../helpers/kernel-client.js";

/** What the specification asks of each reply, by the type of the request. */
const REPLIES: Record<string, { ask: Content; channel?: "control"; has: Record<string, string> }> = {
  kernel_info_request: {
    ask: {},
    has: {
      protocol_version: "string",
      implementation: "string",
      implementation_version: "string",
      language_info: "object",
      banner: "string",
      help_links: "array",
      debugger: "boolean",
      supported_features: "array",
    },
  },
  execute_request: {
    ask: { code: "1" },
    has: { execution_count: "number", user_expressions: "object", payload: "array" },
  },
  complete_request: {
    ask: { code: "Math.a", cursor_pos: 6 },
    has: { matches: "array", cursor_start: "number", cursor_end: "number", metadata: "object" },
  },
  inspect_request: {
    ask: { code: "Math", cursor_pos: 4, detail_level: 1 },
    has: { found: "boolean", data: "object", metadata: "object" },
  },
  history_request: {
    ask: { hist_access_type: "tail", n: 3, output: false, raw: true },
    has: { history: "array" },
  },
  comm_info_request: { ask: { target_name: "x" }, has: { comms: "object" } },
  connect_request: { ask: {}, has: { shell_port: "number", hb_port: "number" } },
  interrupt_request: { ask: {}, channel: "control", has: {} },
  list_subshell_request: { ask: {}, channel: "control", has: { subshell_id: "array" } },
  usage_request: {
    ask: {},
    channel: "control",
    has: { pid: "number", kernel_cpu: "number", kernel_memory: "number", host_virtual_memory: "object" },
  },
};

for (const transport of ["tcp", "ipc"] as const) {
  describe(`over ${transport}`, () => {
    test("each request is answered by its schema, between busy and idle", async () => {
      await using kernel = await KernelClient.start({ transport });
      for (const [type, { ask, channel, has }] of Object.entries(REPLIES)) {
        const { reply, iopub } = await kernel.request(type, ask, channel);
        assert.equal(reply.status, "ok", `${type}: ${JSON.stringify(reply)}`);
        for (const [name, kind] of Object.entries(has))
          assert.equal(kindOf(reply[name]), kind, `${type}: ${name}`);
        const states = contents(iopub, "status").map((content) => content.execution_state);
        assert.deepEqual([states[0], states.at(-1)], ["busy", "idle"], type);
      }
      for (const cursor_pos of [null, "6", 1.5]) {
        const { reply } = await kernel.request("complete_request", { code: "Math.ab", cursor_pos });
        assert.deepEqual([reply.cursor_start, reply.cursor_end], [5, 7], `cursor_pos ${cursor_pos}`);
      }
      const { status } = (await kernel.request("is_complete_request", { code: "f(" })).reply;
      assert.equal(status, "incomplete");
    });

    test("history is kept across sessions, with outputs, by tail, range and search", async () => {
      await using first = await KernelClient.start({ transport });
      const state = { XDG_STATE_HOME: first.directory };
      await first.execute("const a = 1; a + 1");
      await first.execute("hidden", { store_history: false });
      await first.execute("'silent'", { silent: true });
      await first.execute("'second of first'");
      await first.request("shutdown_request", { restart: true }, "control");
      await using kernel = await KernelClient.start({ transport }, state);
      await kernel.execute("const b = 1; b + 2");
      const ask = async (content: Content) =>
        (await kernel.request("history_request", { output: false, raw: true, ...content })).reply.history;
      const cells = [
        [1, 1, "const a = 1; a + 1"],
        [1, 2, "'second of first'"],
        [2, 1, "const b = 1; b + 2"],
      ];
      assert.deepEqual(await ask({ hist_access_type: "tail", n: 10 }), cells);
      assert.deepEqual(await ask({ hist_access_type: "tail", n: 1, output: true }), [
        [2, 1, ["const b = 1; b + 2", "3"]],
      ]);
      assert.deepEqual(await ask({ hist_access_type: "range", session: -1, start: 2, stop: 3 }), [cells[1]]);
      assert.deepEqual(await ask({ hist_access_type: "range", session: 0, start: 1, stop: null }), [
        cells[2],
      ]);
      assert.deepEqual(await ask({ hist_access_type: "search", pattern: "const [ab] = 1*", n: 5 }), [
        cells[0],
        cells[2],
      ]);
      await kernel.execute("'second of first'");
      const unique = { hist_access_type: "search", pattern: "*second*", unique: true };
      assert.deepEqual(await ask(unique), [[2, 2, "'second of first'"]]);
      const { reply } = await kernel.request("history_request", { hist_access_type: "dance" });
      assert.match(String(reply.evalue), /hist_access_type is "tail", "range" or "search", not "dance"/);
    });

    test("silent, store_history, user_expressions, stop_on_error and the queue's aborted", async () => {
      await using kernel = await KernelClient.start({ transport });
      const count = async (options: Content) => (await kernel.execute("1", options)).reply.execution_count;
      assert.deepEqual(
        [await count({}), await count({ silent: true }), await count({ store_history: false })],
        [1, 1, 1],
      );
      const silent = await kernel.execute("2", { silent: true });
      assert.deepEqual(
        silent.iopub.map(({ content }) => content.execution_state),
        ["busy", "idle"],
      );
      const { reply } = await kernel.execute("const x = 2;", { user_expressions: { y: "x * 2", z: "nope" } });
      const { y, z } = reply.user_expressions as Record<string, Content>;
      assert.deepEqual([y.data, z.status], [{ "text/plain": "4" }, "error"]);
      const fails = "await new Promise((done) => setTimeout(done, 100)); throw new Error('x')";
      const statuses = async (options: Content) => {
        const ids = [fails, "1", "2"].map((code) => kernel.sendExecute(code, options));
        return (await Promise.all(ids.map((id) => kernel.answer(id)))).map((answer) => answer.reply.status);
      };
      assert.deepEqual(await statuses({}), ["error", "aborted", "aborted"]);
      assert.deepEqual(await statuses({ stop_on_error: false }), ["error", "ok", "ok"]);
    });

    test("a burst of 20,000 lines arrives whole, in at most 50 messages", async () => {
      await using kernel = await KernelClient.start({ transport });
      const { iopub } = await kernel.execute("for (let i = 0; i < 20_000; i++) console.log('line', i)");
      const text = printed(iopub);
      assert.equal(text, Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(""));
      assert.ok(contents(iopub, "stream").length <= 50, `${contents(iopub, "stream").length} messages`);
    });

    test("each client that subscribes is welcomed, also to what another one has", async () => {
      await using kernel = await KernelClient.start({ transport });
      const welcomes = () => contents(kernel.published, "iopub_welcome").length;
      assert.equal(welcomes(), 1);
      const second = new Subscriber({ linger: 0 });
      second.subscribe();
      second.connect(endpoint(kernel.connection, kernel.connection.iopub_port));
      const codec = new MessageCodec(kernel.connection.key);
      const { header, content } = codec.decode(await second.receive());
      assert.deepEqual([header.msg_type, content], ["iopub_welcome", { subscription: "" }]);
      await kernel.until(() => welcomes() === 2, "what is published goes to all");
      second.close();
    });

    test("welcome, interrupt and restart", async () => {
      await using kernel = await KernelClient.start({ transport });
      const [welcome] = kernel.published.filter(({ header }) => header.msg_type === "iopub_welcome");
      assert.deepEqual([welcome.content, welcome.parent], [{ subscription: "" }, {}]);
      const id = kernel.sendExecute("await new Promise(() => {});");
      await kernel.until(() => contents(kernel.of(id), "execute_input").length > 0, "start");
      await kernel.request("interrupt_request", {}, "control");
      assert.equal((await kernel.answer(id)).reply.ename, "Interrupted");
      const { reply, iopub } = await kernel.request("shutdown_request", { restart: true }, "control");
      assert.deepEqual(reply, { status: "ok", restart: true });
      assert.deepEqual(contents(iopub, "shutdown_reply"), [{ status: "ok", restart: true }]);
    });

    test("what this kernel does not have is refused, and no client waits", async () => {
      await using kernel = await KernelClient.start({ transport });
      for (const type of ["create_subshell_request", "delete_subshell_request"]) {
        const { reply } = await kernel.request(type, { subshell_id: "s" }, "control");
        assert.deepEqual([reply.status, reply.ename], ["error", "NotSupported"]);
      }
      const unknown = await kernel.request("dance_request");
      assert.deepEqual([unknown.reply.status, unknown.reply.ename], ["error", "UnknownRequest"]);
      const debug = await kernel.request(
        "debug_request",
        { seq: 7, type: "request", command: "attach" },
        "control",
      );
      assert.deepEqual([debug.reply.success, debug.reply.request_seq], [false, 7]);
      // A request that is meant for a subshell nobody has is the kernel's.
      const header = { ...kernel.message("execute_request", {}).header, subshell_id: "s" };
      const id = kernel.send("execute_request", { code: "6 * 7" }, "shell", { header });
      assert.deepEqual(result((await kernel.answer(id)).iopub), { "text/plain": "42" });
    });

    test("what is no message, forged or replayed is dropped with a line, and the kernel goes on", async () => {
      await using kernel = await KernelClient.start({ transport });
      const message = (over: Partial<Message> = {}) => ({
        ...kernel.message("kernel_info_request", {}),
        ...over,
      });
      const signed = (over: Partial<Message> = {}) => kernel.encode(message(over));
      const bad: [() => (string | Uint8Array)[], RegExp][] = [
        [() => ["noise"], /not a Jupyter message/],
        [() => ["<IDS|MSG>"], /not a Jupyter message/],
        [() => signed().slice(0, 4), /not a Jupyter message/],
        [() => new MessageCodec("guessed").encode(message()), /wrong signature/],
        [() => new MessageCodec("").encode(message()), /wrong signature/],
        [() => signed({ header: { msg_id: randomUUID() } as never }), /no msg_id or no msg_type/],
        [() => signed({ content: [randomUUID()] as never }), /not an object/],
      ];
      for (const [frames, line] of bad) {
        for (const channel of ["shell", "control", "stdin"] as const) {
          const said = kernel.terminal.length;
          await kernel.sendFrames(frames(), channel);
          await saysMore(kernel, said);
          const text = kernel.terminal.slice(said);
          assert.match(text, line);
          assert.equal(text.trimEnd().split("\n").length, 1, text);
        }
      }
      const code = "(globalThis as any).n = ((globalThis as any).n ?? 0) + 1";
      const replayed = kernel.encode(kernel.message("execute_request", { code }));
      await kernel.sendFrames(replayed);
      await kernel.execute("0");
      const said = kernel.terminal.length;
      await kernel.sendFrames(replayed);
      await saysMore(kernel, said);
      assert.match(kernel.terminal.slice(said), /received before/);
      assert.equal(result((await kernel.execute("(globalThis as any).n")).iopub)?.["text/plain"], "1");
    });
  });
}

test("what JSON cannot say is said otherwise", async () => {
  await using kernel = await KernelClient.start();
  const shown = async (value: string) => {
    const { iopub, reply } = await kernel.execute(`display({ "application/json": ${value} }, { raw: true })`);
    assert.equal(reply.status, "ok", JSON.stringify(reply));
    return (contents(iopub, "display_data")[0].data as Content)["application/json"];
  };
  assert.deepEqual(await shown("[NaN, Infinity, 5n, 2n ** 70n, () => 1, new Float32Array([1, NaN])]"), [
    ...[null, null, 5, "1180591620717411303424", null],
    [1, null],
  ]);
  assert.deepEqual(await shown("(() => { const a: any = { b: 1 }; a.self = a; return a })()"), {
    b: 1,
    self: "[Circular]",
  });
  assert.deepEqual(await shown("{ f() {}, get bad(): number { throw new Error('no') }, good: 1 }"), {
    good: 1,
  });
  assert.equal(
    typeof (await shown("(() => { let a: any = []; for (let i = 0; i < 9999; i++) a = [a]; return a })()")),
    "object",
  );
  const { iopub } = await kernel.execute(String.raw`console.log("\ud800|\udc00|😀|\\ud800")`);
  assert.equal(contents(iopub, "stream")[0].text, "\ufffd|\ufffd|😀|\\ud800\n");
});

test("a connection file that is of no use ends the kernel with a sentence", () => {
  const folder = mkdtempSync(join(tmpdir(), "proflab-connection-"));
  const file = join(folder, "connection.json");
  const ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
  const ipc = { transport: "ipc", ip: join(folder, "s"), key: "k", ...ports };
  const wrong: [text: string, sentence: RegExp][] = [
    ["{", /connection\.json cannot be read as a connection file: /],
    ["{}", /connection\.json: shell_port is undefined; the number of a port is needed/],
    [JSON.stringify({ ...ports, hb_port: 70_000 }), /hb_port is 70000; the number of a port is needed/],
    [JSON.stringify({ ...ipc, transport: "udp" }), /transport "udp" is not supported; tcp and ipc are/],
    [
      JSON.stringify({ ...ipc, signature_scheme: "hmac-rot13" }),
      /signature scheme "hmac-rot13" is not supported; hmac-sha256 is/,
    ],
    [JSON.stringify({ ...ipc, ip: join(folder, "no/s") }), /cannot listen at ipc:\/\/.*no\/s-\d: No such/],
  ];
  for (const [text, sentence] of wrong) {
    writeFileSync(file, text);
    const { stderr, status } = spawnSync(process.execPath, [KERNEL_MAIN, file], {
      encoding: "utf8",
      timeout: 120_000,
    });
    assert.equal(status, 1, stderr);
    assert.match(stderr, sentence);
    assert.match(stderr, /^proflab: [^\n]+\n$/);
  }
  rmSync(folder, { recursive: true });
});

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value;
}

async function saysMore(kernel: KernelClient, length: number): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!kernel.terminal.slice(length).endsWith("\n") && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
