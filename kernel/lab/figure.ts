/** A plotly figure as it is read from a notebook, checked as far as it can be without plotly. */
export interface Figure {
  data: Trace[];
  layout: Layout;
}
export type Trace = Record<string, unknown> & { type?: string };
export type Layout = Record<string, unknown>;

/** Reads a figure out of a notebook. Throws an `Error` whose message is fit to be shown. */
export function readFigure(output: unknown, traceTypes: readonly string[]): Figure {
  if (!isObject(output)) throw new Error("the output is not an object");
  const { data = [], layout = {} } = output;
  if (!Array.isArray(data)) throw new Error("its data is not a list of traces");
  if (!isObject(layout)) throw new Error("its layout is not an object");
  for (const [index, trace] of data.entries()) {
    if (!isObject(trace)) throw new Error(`trace ${index} is not an object`);
    const type = trace.type ?? "scatter";
    if (!traceTypes.includes(type as string)) {
      // plotly itself would draw empty axes, without a word.
      throw new Error(
        `trace ${index} is of type ${JSON.stringify(type)}; drawn here are ${traceTypes.join(", ")}`,
      );
    }
  }
  refuseRemote(output, "");
  return { data, layout };
}

const SOURCE_KEY = /(^|\.)source$/;
const EMBEDDED = /^data:image\//i;
const STYLE = /<[^>]*\bstyle\s*=\s*(["'])(.*?)\1/gis;
// Entities and escapes are not understood, so they are refused, and with them what they could spell.
const HARMLESS_STYLE = /^(?!.*(url|image|src|import))[\w\s:;,.#%()-]*$/is;

/**
 * Refuses whatever would fetch something when the notebook is opened, which tells others that it was.
 *
 * Images stand in `layout.images`, in templates and in the arguments of buttons, where a key may be a path such as
 * `images[0].source`; hence every key that ends so. The text of labels may carry CSS.
 */
function refuseRemote(value: unknown, key: string): void {
  if (typeof value === "string") {
    if (SOURCE_KEY.test(key) && value && !EMBEDDED.test(value)) {
      throw new Error("it has an image that is not embedded, which opening the notebook would fetch");
    }
    if (!value.includes("<")) return;
    for (const [, , style] of value.matchAll(STYLE)) {
      if (!HARMLESS_STYLE.test(style)) {
        throw new Error("a text in it has a style that could fetch something from the network");
      }
    }
  } else if (Array.isArray(value)) {
    for (const item of value)
      if (typeof item === "object" || typeof item === "string") refuseRemote(item, key);
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) refuseRemote(item, name);
  }
}

/** Names of the axes that a figure uses, as its layout calls them: `xaxis`, `yaxis2`. */
export function axesOf({ data, layout }: Figure): string[] {
  const axes = new Set(["xaxis", "yaxis", ...Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))]);
  for (const trace of data) {
    for (const side of ["x", "y"]) {
      const axis = trace[`${side}axis`]; // such as "x2"
      if (typeof axis === "string" && /^[xy]\d+$/.test(axis)) axes.add(axis.replace(side, `${side}axis`));
    }
  }
  return [...axes];
}

/** Entries of `additions` (paths with dots) that a layout does not set itself. */
export function unset(layout: Layout, additions: Layout): Layout {
  const isSet = (path: string): boolean => {
    let at: unknown = layout;
    for (const key of path.split(".")) at = isObject(at) ? at[key] : undefined;
    return at !== undefined;
  };
  return Object.fromEntries(Object.entries(additions).filter(([path]) => !isSet(path)));
}

/** A copy of a layout with entries added, given by paths with dots. */
export function withEntries(layout: Layout, entries: Layout): Layout {
  const copy = structuredClone(layout);
  for (const [path, value] of Object.entries(entries)) {
    const keys = path.split(".");
    const last = keys.pop()!;
    let at = copy;
    for (const key of keys) {
      if (!isObject(at[key])) at[key] = {};
      at = at[key] as Layout;
    }
    at[last] = value;
  }
  return copy;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
