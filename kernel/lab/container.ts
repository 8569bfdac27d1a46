// The module-federation container by which JupyterLab loads this extension; a classic script.
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type * as LuminoWidgets from "@lumino/widgets";
import { FLAMEGRAPH_MIME, PLOTLY_MIME } from "../display/mime.js";
import { FlamegraphRenderer } from "./flamegraph-renderer.js";
import type { PictureFactory } from "./picture.js";
import { type Plotly, PlotlyRenderer } from "./plotly-renderer.js";
import { installStyle } from "./style.js";
import { themedWidget } from "./themed-widget.js";

/** Modules that JupyterLab shares: name → version → how to get it. */
type Scope = Record<string, Record<string, { get(): Promise<() => unknown> }>>;

// Only known while the script is first run, hence not read where it is used.
const here = (document.currentScript as HTMLScriptElement).src;

let scope: Scope = {};
let plotly: Promise<Plotly> | undefined;

/** Loads plotly at the first figure; once more after a failure, such as a lost connection. */
function loadPlotly(): Promise<Plotly> {
  plotly ??= import(new URL(__PLOTLY_FILE__, here).href).then(
    (module: { default: Plotly }) => module.default,
    (error) => {
      plotly = undefined;
      throw error;
    },
  );
  return plotly;
}

async function luminoWidgets(): Promise<typeof LuminoWidgets> {
  const shared = Object.values(scope["@lumino/widgets"] ?? {})[0];
  if (!shared) throw new Error("proflab: this JupyterLab does not share @lumino/widgets");
  return (await shared.get())() as typeof LuminoWidgets;
}

async function extensions(): Promise<IRenderMime.IExtension[]> {
  const { Widget } = await luminoWidgets();
  installStyle();
  const extension = (id: string, mime: string, create: PictureFactory): IRenderMime.IExtension => ({
    id: `proflab:${id}`,
    dataType: "json",
    rank: 0, // before the static text/html (50) that comes in the same output
    rendererFactory: {
      safe: true, // else an untrusted notebook shows that text/html instead
      mimeTypes: [mime],
      createRenderer: themedWidget(Widget, `proflab-${id}`, create),
    },
  });
  return [
    extension("plotly", PLOTLY_MIME, (node) => new PlotlyRenderer(node, loadPlotly)),
    extension("flame", FLAMEGRAPH_MIME, (node) => new FlamegraphRenderer(node)),
  ];
}

const containers = window as { _JUPYTERLAB?: Record<string, object> };
containers._JUPYTERLAB ??= {};
containers._JUPYTERLAB.proflab = {
  init(shared: Scope): void {
    scope = shared;
  },
  async get(name: string): Promise<() => object> {
    if (name !== "./mimeExtension") throw new Error(`proflab: there is no module ${name}`);
    // A plain object, because JupyterLab adds a property to it.
    const module = { __esModule: true, default: await extensions() };
    return () => module;
  },
};
