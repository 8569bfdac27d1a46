import { randomUUID } from "node:crypto";
import type { MimeBundle } from "./mime.js";
import { mimeBundle, rawBundle } from "./mime-bundle.js";
import { publisher } from "./publisher.js";

export interface DisplayOptions {
  /** `value` is a MIME bundle already. */
  raw?: boolean;
  /** Replaces the output that has this `display_id`. */
  update?: boolean;
  /** Names the output, so that it can be replaced later. */
  display_id?: string;
}

const pending = new Set<Promise<void>>();
/** What {@link display} returned. */
const returned = new WeakSet<object>();

/**
 * Shows a value under the cell, as its last expression would be shown.
 *
 * Published at once, in order with `console.log`, unless the value's own display method is asynchronous. Without a
 * kernel the value's text is printed.
 *
 * @throws {TypeError} when `update` is asked without a `display_id`, or what is shown `raw` is no MIME bundle
 */
export function display(value: unknown, options: DisplayOptions = {}): Promise<void> {
  const shown = show(value, options);
  returned.add(shown);
  return shown;
}

/** Whether a value is what {@link display} returned: a cell that ends with it has shown what it had to. */
export function isDisplay(value: unknown): boolean {
  return returned.has(value as object);
}

function show(value: unknown, options: DisplayOptions): Promise<void> {
  if (options.update && !options.display_id) throw new TypeError("display: update needs a display_id");
  const bundle = options.raw ? rawBundle(value) : mimeBundle(value);
  if (!(bundle instanceof Promise)) {
    publish(bundle, options);
    return Promise.resolve();
  }
  const shown = bundle.then((ready) => publish(ready, options));
  const settled = shown.catch(() => {}).finally(() => pending.delete(settled));
  pending.add(settled);
  return shown;
}

/** Removes the cell's outputs; with `wait`, only when the next output arrives, so that nothing flickers. */
export function clearOutput(wait = false): void {
  publisher()?.clear(wait);
}

/** Resolves when every `display()` so far is published. */
export async function displaysPublished(): Promise<void> {
  while (pending.size > 0) await Promise.all(pending);
}

/** A fresh name for an output. */
export function newDisplayId(): string {
  return randomUUID();
}

function publish(data: MimeBundle, options: DisplayOptions): void {
  const target = publisher();
  if (!target) {
    console.log(data["text/plain"] ?? data["text/markdown"] ?? Object.keys(data).join(", "));
    return;
  }
  target.display({ data, metadata: {}, displayId: options.display_id, update: options.update ?? false });
}
