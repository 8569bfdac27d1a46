import type { PerfEvent } from "./perf-event.js";
import { Descriptor, type Resource } from "./resource.js";

/** A program attached to something. close() detaches it. */
export class Link extends Descriptor {
  /** @internal */
  constructor(title: string, fd: number, owner: Resource) {
    super(title, fd, { owner });
  }
}

/** A program attached to a perf event. close() detaches it and closes the event. */
export class PerfEventLink extends Link {
  /** What the program runs on: pause it with disable(), but leave closing it to the link. */
  readonly event: PerfEvent;

  /** @internal */
  constructor(title: string, fd: number, event: PerfEvent, owner: Resource) {
    super(title, fd, owner);
    this.event = event;
  }

  /** @internal */
  protected override release(): void {
    super.release();
    this.event.close();
  }
}
