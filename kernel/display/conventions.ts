import { jupyterDisplay, type MimeBundle } from "./mime.js";

type Method = () => unknown;

/**
 * Asks a value how it wants to be shown, by the conventions of notebooks: Deno's `Symbol.for("Jupyter.display")`, then
 * ijavascript's `_toMime`, `_toHtml`, then `toHtml`, `toPng`.
 *
 * @returns undefined when the value follows none of them; a promise when the value answers with one
 */
export function askValue(value: unknown): MimeBundle | Promise<MimeBundle> | undefined {
  const display = method(value, jupyterDisplay) ?? method(value, "_toMime");
  if (display) return whenReady(display(), asBundle);
  const html = method(value, "_toHtml") ?? method(value, "toHtml");
  if (html) return whenReady(html(), (text) => ({ "text/html": String(text) }));
  const png = method(value, "toPng");
  if (png) return whenReady(png(), (image) => ({ "image/png": base64(image) }));
  return undefined;
}

/** Bytes as Jupyter carries them; text is taken as base64 already. */
export function base64(image: unknown): string {
  return image instanceof Uint8Array ? Buffer.from(image).toString("base64") : String(image);
}

function method(value: unknown, name: string | symbol): Method | undefined {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return undefined;
  try {
    // Asked with `in` first: a proxy may answer any name with a function.
    const found = name in value ? (value as Record<string | symbol, unknown>)[name] : undefined;
    return typeof found === "function" ? () => found.call(value) : undefined;
  } catch {
    return undefined; // a getter or a proxy that throws
  }
}

function whenReady(
  answer: unknown,
  convert: (answer: unknown) => MimeBundle,
): MimeBundle | Promise<MimeBundle> {
  const isPromise = typeof (answer as PromiseLike<unknown> | null)?.then === "function";
  return isPromise ? Promise.resolve(answer).then(convert) : convert(answer);
}

/** What a value, or somebody for it, says of how it is shown. @throws {TypeError} when that is no object */
export function asBundle(answer: unknown): MimeBundle {
  if (answer === null || typeof answer !== "object") {
    throw new TypeError(`what is displayed must be an object of MIME types, not ${String(answer)}`);
  }
  return { ...answer };
}
