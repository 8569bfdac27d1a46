import type { StreamName } from "./cell-messages.js";

const MAX_CHARACTERS = 64_000;
const MAX_DELAY_MS = 40;

/**
 * Gathers what cells print into few messages: at most 64 kB or 40 ms each.
 *
 * A server drops messages beyond 1,000 a second, and a browser redraws for each.
 */
export class OutputStreams {
  readonly #publish: (name: StreamName, text: string, parent: number | undefined) => void;
  #name: StreamName = "stdout";
  #parent: number | undefined;
  #parts: string[] = [];
  #length = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(publish: (name: StreamName, text: string, parent: number | undefined) => void) {
    this.#publish = publish;
  }

  /** @param parent number of the request that the text belongs to */
  write(name: StreamName, text: string, parent?: number): void {
    if (name !== this.#name || parent !== this.#parent) this.flush();
    this.#name = name;
    this.#parent = parent;
    this.#parts.push(text);
    this.#length += text.length;
    if (this.#length >= MAX_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), MAX_DELAY_MS);
  }

  /** Publishes what is gathered; called before anything that must come after it. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#length === 0) return;
    const text = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    this.#publish(this.#name, text, this.#parent);
  }
}
