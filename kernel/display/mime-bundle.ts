import { arrowTable } from "./arrow-table.js";
import { asBundle, askValue, base64 } from "./conventions.js";
import { danfoTable } from "./danfo-frame.js";
import { type DataTable, tableBundle } from "./data-table.js";
import { jsonSafe } from "./json-safe.js";
import type { MimeBundle } from "./mime.js";
import { className, plainText } from "./plain-text.js";

/** More rows than a table shows are never asked of a frame. */
const TABLE_ROWS = 51;

/**
 * How a value is shown in a notebook.
 *
 * A value that says so itself is asked (see `askValue`); danfojs frames and Arrow tables become tables; anything else is text.
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
  const table = tableOf(value);
  return table ? tableBundle(table) : { "text/plain": plainText(value) };
}

/** A MIME bundle that somebody made, as it can travel. @throws {TypeError} when it is none */
export function rawBundle(value: unknown): MimeBundle {
  return sendable(asBundle(value));
}

/** A bundle as it can travel: bytes as base64, what is no text as JSON, nothing that is not there. */
function sendable(bundle: MimeBundle): MimeBundle {
  const entries = Object.entries(bundle).map(([type, data]) => [type, sendableData(type, data)]);
  return Object.fromEntries(entries.filter(([, data]) => data !== undefined));
}

function sendableData(type: string, data: unknown): unknown {
  if (typeof data === "string") return data;
  if (data instanceof Uint8Array && !type.endsWith("json")) return base64(data);
  const isText = /^(text|image)\//.test(type) && !Array.isArray(data);
  if (!isText) return jsonSafe(data);
  return data === null || data === undefined ? undefined : textOf(data);
}

function textOf(data: unknown): string {
  try {
    return String(data);
  } catch {
    return plainText(data); // its toString throws, or it has none
  }
}

/** Every bundle has text, for clients that show nothing else; pictures name their type only. */
function withText(bundle: MimeBundle, value: unknown): MimeBundle {
  const ready = sendable(bundle);
  return "text/plain" in ready ? ready : { ...ready, "text/plain": `[${className(value)}]` };
}

/** A table that looks like one and fails when it is read is shown as any other value. */
function tableOf(value: unknown): DataTable | undefined {
  try {
    return danfoTable(value, TABLE_ROWS) ?? arrowTable(value, TABLE_ROWS);
  } catch {
    return undefined;
  }
}
