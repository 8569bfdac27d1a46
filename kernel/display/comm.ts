import { randomUUID } from "node:crypto";

/** What a comm carries: JSON, and bytes beside it. */
export interface CommMessage {
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
  buffers: Uint8Array[];
}

/** One thing that happens to a comm, here or at the client. `target` is of an `open` alone. */
export interface CommEvent extends CommMessage {
  event: "open" | "message" | "close";
  id: string;
  target?: string;
}

/** The way to the client. The kernel sets one; a plain Node program has none, and its comms speak to nobody. */
export interface CommChannel {
  send(event: CommEvent): void;
  /** From now on comms that a client opens for this target are taken, or no longer. */
  setTarget(name: string, isTaken: boolean): void;
}

/** Is called with each comm that a client opens, and the message that came with the opening. */
export type CommTarget = (comm: Comm, message: CommMessage) => void | Promise<void>;

type Extra = Partial<Omit<CommMessage, "data">>;

let channel: CommChannel | undefined;
const targets = new Map<string, CommTarget>();
const open = new Map<string, Comm>();

/** A conversation between code of a cell and code in the notebook's page, a widget's say. */
export class Comm {
  readonly id: string;
  readonly target: string;
  /** Is called with what the client sends; assign it. */
  onMessage: ((message: CommMessage) => void | Promise<void>) | undefined;
  /** Is called when the client closes; assign it. */
  onClose: ((message: CommMessage) => void | Promise<void>) | undefined;

  /** @internal Comms are made by {@link openComm}, or by a client. */
  constructor(id: string, target: string) {
    this.id = id;
    this.target = target;
    open.set(id, this);
  }

  /** @throws {Error} when the comm is closed */
  send(data: Record<string, unknown>, extra: Extra = {}): void {
    if (!this.isOpen) throw new Error(`comm ${this.id} (${this.target}) is closed`);
    channel?.send({ event: "message", id: this.id, data, ...complete(extra) });
  }

  /** Closes it on both sides; does nothing the second time. */
  close(data: Record<string, unknown> = {}, extra: Extra = {}): void {
    if (!open.delete(this.id)) return;
    channel?.send({ event: "close", id: this.id, data, ...complete(extra) });
  }

  get isOpen(): boolean {
    return open.get(this.id) === this;
  }
}

/** Opens a comm for a target that the notebook's page knows. One that it does not know it closes again. */
export function openComm(target: string, data: Record<string, unknown> = {}, extra: Extra = {}): Comm {
  const comm = new Comm(randomUUID(), target);
  channel?.send({ event: "open", id: comm.id, target, data, ...complete(extra) });
  return comm;
}

/** Takes the comms that clients open for a target; without `onOpen`, no longer. */
export function setCommTarget(name: string, onOpen: CommTarget | undefined): void {
  if (onOpen) targets.set(name, onOpen);
  else targets.delete(name);
  channel?.setTarget(name, onOpen !== undefined);
}

/** Sends what comms say through `to` from now on. */
export function setCommChannel(to: CommChannel | undefined): void {
  channel = to;
}

/** Takes what a client did. @throws what a handler throws */
export async function receiveComm({ event, id, target = "", ...message }: CommEvent): Promise<void> {
  if (event === "open") {
    await targets.get(target)?.(new Comm(id, target), message);
    return;
  }
  const comm = open.get(id);
  if (event === "message") await comm?.onMessage?.(message);
  else if (open.delete(id)) await comm?.onClose?.(message);
}

function complete({ metadata = {}, buffers = [] }: Extra): Omit<CommMessage, "data"> {
  return { metadata, buffers };
}
