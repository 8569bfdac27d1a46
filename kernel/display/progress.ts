import { newDisplayId } from "./display.js";
import { escapeHtml, type MimeBundle } from "./mime.js";
import { publisher } from "./publisher.js";

/** A server drops outputs beyond 1,000 a second; ten are enough for an eye. */
const MIN_INTERVAL_MS = 100;

/**
 * A progress bar under the cell. Does nothing outside a kernel.
 *
 * Updates come at most ten times a second; the last one is always shown. The notebook keeps the bar in its last state.
 */
export class Progress {
  readonly #title: string;
  readonly #id = newDisplayId();
  #isShown = false;
  #shownAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #latest: { fraction: number | null; text: string } = { fraction: null, text: "" };

  constructor(title: string) {
    this.#title = title;
  }

  /** Moves the bar to `fraction` (0 to 1; null or NaN: how long is not known) and puts `text` beside it. */
  update(fraction: number | null, text: string): void {
    this.#latest = { fraction: known(fraction), text };
    if (this.#timer) return;
    const waitMs = this.#shownAtMs + MIN_INTERVAL_MS - performance.now();
    if (waitMs <= 0) this.#show();
    else this.#timer = setTimeout(() => this.#show(), waitMs).unref();
  }

  /** Ends the bar, full, with `text` or the last text. */
  done(text = this.#latest.text): void {
    this.#latest = { fraction: 1, text };
    this.#show();
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#shownAtMs = performance.now();
    publisher()?.display({ data: this.#bundle(), metadata: {}, displayId: this.#id, update: this.#isShown });
    this.#isShown = true;
  }

  #bundle(): MimeBundle {
    const { fraction, text } = this.#latest;
    const value = fraction === null ? "" : ` value="${fraction.toFixed(3)}"`;
    const percent = fraction === null ? "" : ` ${Math.round(fraction * 100)} %`;
    return {
      "text/html": `<div><progress max="1"${value}></progress> ${escapeHtml(this.#title)} ${escapeHtml(text)}</div>`,
      "text/plain": `${this.#title}${percent} ${text}`.trimEnd(),
    };
  }
}

/** A part of a total that is 0 or not known is no number. */
function known(fraction: number | null): number | null {
  return fraction === null || Number.isNaN(fraction) ? null : Math.min(1, Math.max(0, fraction));
}
