import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";
import { contents, KernelClient, printed, result } from "../helpers/kernel-client.js";

for (const transport of ["tcp", "ipc"] as const) {
  describe(`comms over ${transport}`, () => {
    let kernel: KernelClient;
    before(async () => {
      kernel = await KernelClient.start({ transport });
      const { reply } = await kernel.execute(`
        import { openComm, setCommTarget, type Comm } from "proflab";
        const seen: string[] = [];
        setCommTarget("echo", (comm, { data }) => {
          seen.push("open " + JSON.stringify(data));
          comm.onMessage = async ({ data, buffers, metadata }) => {
            console.log("got", data);
            await new Promise((done) => setTimeout(done, 50));
            comm.send({ echo: data }, { buffers: buffers.map((b) => b.map((n) => n + 1)), metadata });
          };
          comm.onClose = () => { seen.push("closed") };
        });
        setCommTarget("loop", () => { for (;;); });
        setCommTarget("fails", () => { throw new RangeError("no comm today") });`);
      assert.equal(reply.status, "ok", JSON.stringify(reply));
    });
    after(() => kernel[Symbol.asyncDispose]());

    const idle = (id: string) =>
      kernel.until(() => kernel.of(id).some(({ content }) => content.execution_state === "idle"), "idle");
    const comms = async (content = {}) => (await kernel.request("comm_info_request", content)).reply.comms;

    test("one for a target that nobody takes is closed again", async () => {
      const id = kernel.send("comm_open", { comm_id: "u", target_name: "nobody", data: {} });
      await idle(id);
      assert.deepEqual(contents(kernel.of(id), "comm_close"), [{ comm_id: "u", data: {} }]);
      assert.deepEqual(await comms(), {});
    });

    test("a client's comm: open, message with buffers, close", async () => {
      const open = kernel.send("comm_open", { comm_id: "c", target_name: "echo", data: { a: 1 } });
      await idle(open);
      assert.deepEqual(await comms(), { c: { target_name: "echo" } });
      assert.deepEqual(await comms({ target_name: "other" }), {});
      const message = kernel.send("comm_msg", { comm_id: "c", data: { b: 2 } }, "shell", {
        buffers: [Buffer.from([1, 2, 3])],
        metadata: { version: "2" },
      });
      await idle(message);
      const types = kernel
        .of(message)
        .map(({ header, content }) => content.execution_state ?? header.msg_type);
      assert.deepEqual(types, ["busy", "stream", "comm_msg", "idle"]);
      const [, , echo] = kernel.of(message);
      assert.deepEqual(echo.content, { comm_id: "c", data: { echo: { b: 2 } } });
      assert.deepEqual([...echo.buffers[0]], [2, 3, 4]);
      assert.deepEqual(echo.metadata, { version: "2" });
      assert.equal(printed(kernel.of(message)), "got { b: 2 }\n");
      await idle(kernel.send("comm_close", { comm_id: "c", data: {} }));
      assert.deepEqual(await comms(), {});
      await idle(kernel.send("comm_msg", { comm_id: "c", data: {} })); // nobody's any more
      const { iopub } = await kernel.execute("seen");
      assert.equal(result(iopub)?.["text/plain"], `[ 'open {"a":1}', 'closed' ]`);
    });

    test("a cell's comm is opened, spoken on and closed under the cell's name", async () => {
      const { iopub } = await kernel.execute(
        `const mine = openComm("page", { x: 1 }, { buffers: [new Uint8Array([9])] }); mine.send({ y: 2 }); mine.isOpen`,
      );
      const [open] = iopub.filter(({ header }) => header.msg_type === "comm_open");
      assert.deepEqual([open.content.target_name, open.content.data], ["page", { x: 1 }]);
      assert.deepEqual([...open.buffers[0]], [9]);
      const comm_id = open.content.comm_id;
      assert.deepEqual(contents(iopub, "comm_msg"), [{ comm_id, data: { y: 2 } }]);
      assert.deepEqual(await comms({ target_name: "page" }), { [String(comm_id)]: { target_name: "page" } });
      const closed = await kernel.execute("mine.close(); mine.close(); mine.send({})");
      assert.deepEqual(contents(closed.iopub, "comm_close"), [{ comm_id, data: {} }]);
      assert.match(String(closed.reply.evalue), /is closed/);
    });

    test("a handler that throws is an error of its request; one that loops is interrupted", async () => {
      const failed = kernel.send("comm_open", { comm_id: "f", target_name: "fails", data: {} });
      await idle(failed);
      const [error] = kernel.published.filter(({ content }) => content.evalue === "no comm today");
      assert.equal(error.header.msg_type, "error");
      const looping = kernel.send("comm_open", { comm_id: "l", target_name: "loop", data: {} });
      await new Promise((done) => setTimeout(done, 300));
      assert.deepEqual(Object.keys((await comms()) as object).includes("l"), true); // answered meanwhile
      await kernel.request("interrupt_request", {}, "control");
      await idle(looping);
      assert.equal(result((await kernel.execute("1 + 1")).iopub)?.["text/plain"], "2");
    });

    test("a target that is given up is nobody's", async () => {
      await kernel.execute('setCommTarget("echo", undefined)');
      const id = kernel.send("comm_open", { comm_id: "g", target_name: "echo", data: {} });
      await idle(id);
      assert.equal(contents(kernel.of(id), "comm_close").length, 1);
    });
  });
}
