import type { Connection } from "../connection-file.js";
import type { Content } from "../message.js";
import type { Handler } from "../session.js";

/** Requests about the kernel itself, which come on the control channel and, from old clients, on shell. */
export function controlHandlers(
  connection: Connection,
  interrupt: () => Promise<void>,
  shutDown: () => Promise<void>,
): Record<string, Handler> {
  return {
    async interrupt_request({ reply }) {
      await interrupt();
      reply({});
    },

    shutdown_request({ content, reply, publish }) {
      const answer = { restart: content.restart ?? false };
      reply(answer);
      publish("shutdown_reply", { status: "ok", ...answer });
      setImmediate(() => void shutDown()); // after `idle`
    },

    connect_request({ reply }) {
      const { shell_port, iopub_port, stdin_port, control_port, hb_port } = connection;
      reply({ shell_port, iopub_port, stdin_port, control_port, hb_port });
    },

    /** There is no debugger, which `kernel_info` says too. */
    debug_request({ content, reply }) {
      reply({
        type: "response",
        request_seq: content.seq ?? 0,
        success: false,
        command: content.command ?? "",
        message: "this kernel has no debugger",
        body: {},
      });
    },

    create_subshell_request: ({ reply }) => reply(noSubshells()),
    delete_subshell_request: ({ reply }) => reply(noSubshells()),
    list_subshell_request: ({ reply }) => reply({ subshell_id: [] }),
  };
}

function noSubshells(): Content {
  return {
    status: "error",
    ename: "NotSupported",
    evalue: "this kernel has no subshells: every request but execute is answered while a cell runs",
    traceback: [],
  };
}
