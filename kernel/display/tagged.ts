import { jupyterDisplay, type MimeBundle } from "./mime.js";

/** Text of one MIME type that shows itself as a cell's last expression. */
export interface Rendered {
  [jupyterDisplay](): MimeBundle;
  toString(): string;
}

/** HTML from a template. Values are inserted as they are: escape what you do not trust. */
export function html(parts: TemplateStringsArray, ...values: unknown[]): Rendered {
  return rendered("text/html", parts, values);
}

/** Markdown from a template. */
export function md(parts: TemplateStringsArray, ...values: unknown[]): Rendered {
  return rendered("text/markdown", parts, values);
}

/** An SVG picture from a template. */
export function svg(parts: TemplateStringsArray, ...values: unknown[]): Rendered {
  return rendered("image/svg+xml", parts, values);
}

function rendered(type: string, parts: TemplateStringsArray, values: unknown[]): Rendered {
  const text = parts.map((part, i) => part + (i < values.length ? String(values[i]) : "")).join("");
  return {
    [jupyterDisplay]: () => ({ [type]: text, "text/plain": text }),
    toString: () => text,
  };
}
