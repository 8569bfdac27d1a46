import { inspect, types as kinds } from "node:util";
import { askValue } from "./conventions.js";
import { danfoTable } from "./danfo-frame.js";
import { tableHtml } from "./data-table.js";
import type { MimeBundle } from "./mime.js";

/** More rows than a table shows are never asked of a frame. */
const TABLE_ROWS = 51;

/**
 * How a value is shown in a notebook.
 *
 * A value that says so itself is asked (see `askValue`); danfojs frames become tables; anything else is text.
 *
 * @throws what the value's own display method throws
 */
export async function toMimeBundle(value: unknown): Promise<MimeBundle> {
  return mimeBundle(value);
}

/** As {@link toMimeBundle}, at once where the value's display is synchronous. */
export function mimeBundle(value: unknown): MimeBundle | Promise<MimeBundle> {
  const asked = askValue(value);
  if (asked instanceof Promise) return asked.then((bundle) => withText(bundle, value));
  if (asked) return withText(asked, value);
  const table = danfoTable(value, TABLE_ROWS);
  if (table) return { "text/html": tableHtml(table), "text/plain": frameText(value) };
  return { "text/plain": plainText(value) };
}

/** A value as `console.log` shows it, without colours, long arrays cut. */
export function plainText(value: unknown): string {
  const isBytes = kinds.isTypedArray(value) || kinds.isAnyArrayBuffer(value);
  return inspect(value, { colors: false, maxArrayLength: isBytes ? 20 : 100, maxStringLength: 100_000 });
}

/** Every bundle has text, for clients that show nothing else; pictures name their type only. */
function withText(bundle: MimeBundle, value: unknown): MimeBundle {
  if ("text/plain" in bundle) return bundle;
  const name = (value as object).constructor?.name ?? "Object";
  return { ...bundle, "text/plain": `[${name}]` };
}

function frameText(frame: unknown): string {
  try {
    return String(frame);
  } catch {
    return "[DataFrame]"; // danfojs's toString() throws on some empty frames
  }
}
