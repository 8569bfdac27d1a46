import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { Message } from "@lumino/messaging";
import type { Widget as LuminoWidget } from "@lumino/widgets";
import type { PictureFactory } from "./picture.js";

/**
 * Makes the factory of a widget that keeps one picture fitted to its width and to the theme.
 *
 * `Widget` is JupyterLab's own class, handed over at run time: a copy of ours would not be a widget to it.
 */
export function themedWidget(
  Widget: typeof LuminoWidget,
  className: string,
  createPicture: PictureFactory,
): (options: IRenderMime.IRendererOptions) => IRenderMime.IRenderer {
  class ThemedWidget extends Widget implements IRenderMime.IRenderer {
    readonly #picture;
    readonly #mimeType: string;
    readonly #observers: { disconnect(): void }[] = [];
    #width = 0;
    #frame = 0;

    constructor(mimeType: string) {
      super();
      this.addClass(className);
      this.#mimeType = mimeType;
      this.#picture = createPicture(this.node);
    }

    async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
      delete this.node.dataset.proflabReady;
      this.#picture.render(model.data[this.#mimeType]);
      if (this.#width) this.#picture.resize(this.#width);
    }

    override dispose(): void {
      if (this.isDisposed) return;
      this.#stopObserving();
      this.#picture.dispose?.();
      super.dispose();
    }

    protected override onAfterAttach(message: Message): void {
      super.onAfterAttach(message);
      const size = new ResizeObserver((entries) => this.#fit(entries.at(-1)!.contentRect.width));
      size.observe(this.node);
      const visibility = new IntersectionObserver(
        (entries) => {
          if (!entries.some((entry) => entry.isIntersecting)) return;
          visibility.disconnect();
          this.#picture.approach?.();
        },
        // Not yet in TypeScript's DOM: unlike rootMargin it reaches into JupyterLab's scrolling notebook.
        { scrollMargin: "600px" } as IntersectionObserverInit,
      );
      visibility.observe(this.node);
      const theme = new MutationObserver(() => this.#picture.themeChanged?.());
      theme.observe(document.body, { attributeFilter: ["data-jp-theme-name", "data-jp-theme-light"] });
      this.#observers.push(size, visibility, theme);
    }

    protected override onBeforeDetach(message: Message): void {
      this.#stopObserving();
      super.onBeforeDetach(message);
    }

    /** Follows the observed width only: reading clientWidth during a theme switch gives wrong widths. */
    #fit(observed: number): void {
      const width = Math.floor(observed);
      if (width === 0 || width === this.#width) return; // hidden, or only the height changed
      this.#width = width;
      cancelAnimationFrame(this.#frame);
      this.#frame = requestAnimationFrame(() => this.#picture.resize(width));
    }

    #stopObserving(): void {
      for (const observer of this.#observers.splice(0)) observer.disconnect();
      cancelAnimationFrame(this.#frame);
      this.#width = 0; // fit again after a re-attachment
    }
  }
  return (options) => new ThemedWidget(options.mimeType);
}
