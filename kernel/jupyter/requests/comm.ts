import type { CommEvent } from "../../display/comm.js";
import type { Comms } from "../comms.js";
import type { Handler, Request } from "../session.js";

/** `comm_info_request`, and what clients do with comms. One for a target that nobody takes is closed at once. */
export function commHandlers(comms: Comms): Record<string, Handler> {
  return {
    comm_info_request: ({ content, reply }) => {
      reply({ comms: comms.list(content.target_name as string | undefined) });
    },
    comm_open: (request) => comms.receive(request, eventOf(request, "open")),
    comm_msg: (request) => comms.receive(request, eventOf(request, "message")),
    comm_close: (request) => comms.receive(request, eventOf(request, "close")),
  };
}

function eventOf({ content, message }: Request, event: CommEvent["event"]): CommEvent {
  const { metadata, buffers } = message;
  return {
    event,
    id: String(content.comm_id),
    target: event === "open" ? String(content.target_name) : undefined,
    data: (content.data ?? {}) as Record<string, unknown>,
    metadata,
    buffers: buffers.map((buffer) => new Uint8Array(buffer)),
  };
}
