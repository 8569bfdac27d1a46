import { escapeHtml } from "../display/mime.js";
import { printable } from "../display/printable.js";

/** Markup that is complete: text in it has been escaped. */
export interface Svg {
  readonly markup: string;
}

/** An element with its attributes; a child that is a string is text. Numbers keep two decimals. */
export function element(
  name: string,
  attributes: Record<string, string | number>,
  ...children: (Svg | string)[]
): Svg {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${attribute(value)}"`);
  const content = children
    .map((child) => (typeof child === "string" ? escaped(child) : child.markup))
    .join("");
  return {
    markup: content ? `<${name}${written.join("")}>${content}</${name}>` : `<${name}${written.join("")}/>`,
  };
}

/** A picture as `<img>`: the only form in which JupyterLab shows an SVG in untrusted notebooks. */
export function svgImage(picture: Svg, description: string): string {
  const data = Buffer.from(picture.markup, "utf8").toString("base64");
  return `<img alt="${escaped(description)}" style="max-width:100%" src="data:image/svg+xml;base64,${data}">`;
}

export const SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";
export const MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";

/** The paper of a picture: light in both themes, so that one set of colours serves. */
export const INK = { paper: "#fdfcf9", rim: "#dcd8cf", text: "#24292f", faint: "#6b7079", line: "#e6e2da" };

/** A whole picture on its own paper. */
export function picture(width: number, height: number, ...children: Svg[]): Svg {
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      "font-family": SANS,
    },
    element("rect", {
      x: 0.5,
      y: 0.5,
      width: width - 1,
      height: height - 1,
      rx: 6,
      fill: INK.paper,
      stroke: INK.rim,
    }),
    ...children,
  );
}

/** A picture that says why there is none. */
export function emptyPicture(width: number, title: string, reason: string): Svg {
  return picture(
    width,
    90,
    element("text", { x: 16, y: 28, "font-size": 15, "font-weight": 600, fill: INK.text }, title),
    element("text", { x: 16, y: 58, "font-size": 13, fill: INK.faint }, reason),
  );
}

/** The beginning of a text, of at most so many characters. */
export function clip(text: string, characters: number): string {
  const whole = printable(text);
  return whole.length <= characters ? whole : `${whole.slice(0, Math.max(0, characters - 1))}…`;
}

function attribute(value: string | number): string {
  return typeof value === "number" ? String(Number(value.toFixed(2))) : escaped(value);
}

// Control characters are not allowed in XML, not even as entities.
function escaped(text: string): string {
  return escapeHtml(printable(text));
}
