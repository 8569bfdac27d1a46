import { inspect, types as kinds } from "node:util";
import { askValue, base64 } from "./conventions.js";
import { danfoTable } from "./danfo-frame.js";
import { tableHtml } from "./data-table.js";
import { jsonSafe } from "./json-safe.js";
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

/** A bundle as it can travel: bytes as base64, what is no text as JSON, nothing that is undefined. */
export function sendable(bundle: MimeBundle): MimeBundle {
  const entries = Object.entries(bundle).map(([type, data]) => [type, sendableData(type, data)]);
  return Object.fromEntries(entries.filter(([, data]) => data !== undefined));
}

function sendableData(type: string, data: unknown): unknown {
  if (typeof data === "string") return data;
  if (data instanceof Uint8Array && !type.endsWith("json")) return base64(data);
  const isText = /^(text|image)\//.test(type) && data !== undefined && !Array.isArray(data);
  return isText ? plainString(data) : jsonSafe(data);
}

function plainString(data: unknown): string {
  try {
    return String(data);
  } catch {
    return plainText(data);
  }
}

/** Every bundle has text, for clients that show nothing else; pictures name their type only. */
function withText(bundle: MimeBundle, value: unknown): MimeBundle {
  if ("text/plain" in bundle) return sendable(bundle);
  return { ...sendable(bundle), "text/plain": `[${className(value)}]` };
}

function className(value: unknown): string {
  try {
    return String((value as object).constructor.name || "Object");
  } catch {
    return "Object"; // no constructor, or a proxy that throws
  }
}

function frameText(frame: unknown): string {
  try {
    return String(frame);
  } catch {
    return "[DataFrame]"; // danfojs's toString() throws on some empty frames
  }
}
