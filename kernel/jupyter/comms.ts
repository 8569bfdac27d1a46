import type { CommEvent } from "../display/comm.js";
import type { CellProcess } from "./cell-process.js";
import type { Parents } from "./parents.js";
import type { Request } from "./session.js";

const MESSAGE_TYPES = { open: "comm_open", message: "comm_msg", close: "comm_close" } as const;

/** Comms as the kernel knows them, also while a cell is busy: the cells' process has their handlers. */
export class Comms {
  readonly #cells: CellProcess;
  readonly #parents: Parents;
  readonly #targets = new Set<string>();
  /** Target of each open comm, by its id. */
  readonly #open = new Map<string, string>();
  readonly #handled = new Map<number, () => void>();
  #last = 0;

  constructor(cells: CellProcess, parents: Parents) {
    this.#cells = cells;
    this.#parents = parents;
  }

  setTarget(name: string, isTaken: boolean): void {
    if (isTaken) this.#targets.add(name);
    else this.#targets.delete(name);
  }

  /** Open comms as `comm_info` lists them, of one target or of all. */
  list(target?: string): Record<string, { target_name: string }> {
    const found = [...this.#open].filter(([, name]) => target === undefined || name === target);
    return Object.fromEntries(found.map(([id, name]) => [id, { target_name: name }]));
  }

  /** Takes what a client did; resolves when the handlers of the cells are done with it. */
  async receive(request: Request, event: CommEvent): Promise<void> {
    const { id, target = "" } = event;
    if (event.event === "open") {
      if (!this.#targets.has(target)) {
        request.publish("comm_close", { comm_id: id, data: {} });
        return;
      }
      this.#open.set(id, target);
    } else if (!this.#open.has(id)) {
      return; // it was closed while the message was on its way
    }
    if (event.event === "close") this.#open.delete(id);
    const number = --this.#last; // cells count upwards
    this.#parents.addCallback(number, request);
    await new Promise<void>((resolve) => {
      this.#handled.set(number, resolve);
      this.#cells.tellComm(number, event);
    });
  }

  /** The handlers of the cells are done. */
  handled(number: number): void {
    this.#handled.get(number)?.();
    this.#handled.delete(number);
  }

  /** Waits for no handler any longer: an interrupt has ended them, or their process is gone. */
  giveUp(): void {
    for (const number of [...this.#handled.keys()]) this.handled(number);
  }

  /** Publishes what code of a cell did with a comm. */
  publish({ event, id, target, data, metadata, buffers }: CommEvent, parent: number | undefined): void {
    if (event === "open") this.#open.set(id, target ?? "");
    if (event === "close") this.#open.delete(id);
    const content = { comm_id: id, data, ...(event === "open" ? { target_name: target } : {}) };
    this.#parents.get(parent)?.publish(MESSAGE_TYPES[event], content, metadata, buffers);
  }
}
