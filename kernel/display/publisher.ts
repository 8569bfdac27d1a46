import type { MimeBundle } from "./mime.js";

/** One `display_data` or `update_display_data` message. */
export interface DisplayMessage {
  data: MimeBundle;
  metadata: Record<string, unknown>;
  /** Names the output, so that a later message can replace it. */
  displayId?: string;
  /** Replaces every output of this `displayId` instead of adding one. */
  update: boolean;
}

/** Where outputs go. The kernel sets one; a plain Node program has none. */
export interface Publisher {
  display(message: DisplayMessage): void;
  /** Clears the cell's outputs; with `wait`, not before the next output arrives. */
  clear(wait: boolean): void;
}

let current: Publisher | undefined;

/** Sends outputs to `publisher` from now on. */
export function setPublisher(publisher: Publisher | undefined): void {
  current = publisher;
}

/** The kernel's publisher; undefined outside a kernel. */
export function publisher(): Publisher | undefined {
  return current;
}
