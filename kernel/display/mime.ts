/** A value as Jupyter shows it: MIME type → content, richest first for people, any order for machines. */
export type MimeBundle = Record<string, unknown>;

/** The method by which a value says how it is shown in a notebook (Deno's protocol). May return a promise. */
export const jupyterDisplay: unique symbol = Symbol.for("Jupyter.display") as never;

/** The kernel's own pictures in JupyterLab: a flame graph, `{ version, title, unit, functions, nodes }`, of two sides with `differential`. */
export const FLAMEGRAPH_MIME = "application/vnd.proflab.flamegraph+json";

/** Figures of plotly.js: `{ data, layout }`. */
export const PLOTLY_MIME = "application/vnd.plotly.v1+json";

/** Escapes text for HTML and SVG, in content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
