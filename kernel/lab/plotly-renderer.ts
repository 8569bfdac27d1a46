import { axesOf, type Figure, type Layout, readFigure, unset, withEntries } from "./figure.js";
import { markReady, type Picture, showProblem } from "./picture.js";
import { plotlyTheme } from "./plotly-theme.js";

/** The part of plotly.js that is used. */
export interface Plotly {
  react(node: HTMLElement, data: object[], layout: object, config: object): Promise<unknown>;
  relayout(node: HTMLElement, update: object): Promise<unknown>;
  purge(node: HTMLElement): void;
}

/** Never from the notebook: plotly's own would post the data to its makers' server at a click. */
const CONFIG = { showSendToCloud: false, plotlyServerURL: "", displaylogo: false, responsive: false };
const DEFAULT_HEIGHT = 360;

/** A plotly figure: drawn when it comes near the viewport, in the colours of the theme. */
export class PlotlyRenderer implements Picture {
  readonly #node: HTMLElement;
  readonly #load: () => Promise<Plotly>;
  #plot = document.createElement("div");
  #plotly: Plotly | undefined;
  #figure: Figure | undefined;
  #near = false;
  #drawn = false;
  #width = 0;

  constructor(node: HTMLElement, load: () => Promise<Plotly>) {
    this.#node = node;
    this.#load = load;
  }

  render(data: unknown): void {
    this.#clear();
    try {
      this.#figure = readFigure(data, __PLOTLY_TRACES__);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#plot.style.height = `${this.#height}px`; // in its place before it is drawn, so that nothing jumps
    this.#node.replaceChildren(this.#plot);
  }

  resize(width: number): void {
    this.#width = width;
    if (this.#drawn) void this.#plotly!.relayout(this.#plot, this.#size);
    else void this.#draw();
  }

  approach(): void {
    this.#near = true;
    void this.#draw();
  }

  themeChanged(): void {
    if (this.#drawn) void this.#plotly!.relayout(this.#plot, this.#additions);
  }

  dispose(): void {
    this.#clear();
  }

  async #draw(): Promise<void> {
    const figure = this.#figure;
    if (!figure || this.#drawn || !this.#near || !this.#width) return;
    try {
      this.#plotly = await this.#load();
      if (this.#figure !== figure || this.#drawn) return; // replaced or drawn while plotly was loading
      this.#drawn = true;
      const layout = { ...withEntries(figure.layout, this.#additions), ...this.#size };
      await this.#plotly.react(this.#plot, structuredClone(figure.data), layout, CONFIG);
      if (this.#figure !== figure) return;
      this.#noteWhatIsMissing();
      markReady(this.#node, "1");
    } catch (error) {
      if (this.#figure === figure) this.#fail(error);
    }
  }

  /** Says which traces plotly left out, because it does so without a word. */
  #noteWhatIsMissing(): void {
    const traces = (this.#plot as { _fullData?: { visible?: unknown; type: string; index: number }[] })
      ._fullData;
    const wanted = this.#figure!.data;
    const missing = (traces ?? []).filter(
      ({ visible, index }) => visible === false && wanted[index] && (wanted[index].visible ?? true) === true,
    );
    if (missing.length === 0) return;
    const note = document.createElement("div");
    note.className = "proflab-problem";
    const names = missing.map(({ index, type }) => `trace ${index} (${type})`).join(", ");
    note.textContent = `Not drawn, because its data is empty or malformed: ${names}.`;
    this.#node.append(note);
  }

  #fail(error: unknown): void {
    const problem = error instanceof Error ? error.message : String(error);
    this.#clear();
    showProblem(this.#node, `This figure cannot be drawn: ${problem.replace(/\.$/, "")}.`);
  }

  #clear(): void {
    if (this.#drawn) this.#plotly?.purge(this.#plot);
    this.#plot = document.createElement("div");
    this.#figure = undefined;
    this.#drawn = false;
  }

  get #height(): number {
    const own = this.#figure?.layout.height;
    return typeof own === "number" && own > 0 ? own : DEFAULT_HEIGHT;
  }

  /** Always both: plotly measures the node where one is missing, and does so at the wrong moment. */
  get #size(): { width: number; height: number } {
    const own = this.#figure?.layout.width;
    const width = typeof own === "number" && own > 0 ? Math.min(own, this.#width) : this.#width;
    return { width, height: this.#height };
  }

  /** What the theme sets and the figure does not. */
  get #additions(): Layout {
    const figure = this.#figure!;
    return unset(figure.layout, plotlyTheme(axesOf(figure), figure.layout.title !== undefined));
  }
}
