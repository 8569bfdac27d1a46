import type { Handler } from "../session.js";

/** Comms: this kernel has no targets, so that every comm a client opens is closed at once. */
export const commHandlers: Record<string, Handler> = {
  comm_info_request: ({ reply }) => reply({ comms: {} }),
  comm_open: ({ content, publish }) => publish("comm_close", { comm_id: content.comm_id, data: {} }),
};
