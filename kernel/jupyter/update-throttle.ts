/** A server drops messages beyond 1,000 a second; an eye sees no more than these. */
const MIN_INTERVAL_MS = 100;

/**
 * Holds updates of one display to ten a second. An update replaces what the one before showed, so that those between may be
 * left out; the last is always published.
 */
export class UpdateThrottle {
  readonly #publishedAtMs = new Map<string, number>();
  readonly #waiting = new Map<string, () => void>();
  #timer: NodeJS.Timeout | undefined;

  update(displayId: string, publish: () => void): void {
    const sinceMs = performance.now() - (this.#publishedAtMs.get(displayId) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs >= MIN_INTERVAL_MS && !this.#waiting.has(displayId)) {
      this.#publishedAtMs.set(displayId, performance.now());
      publish();
      return;
    }
    this.#waiting.set(displayId, publish);
    this.#timer ??= setTimeout(() => this.flush(), MIN_INTERVAL_MS - sinceMs);
  }

  /** Publishes the updates that wait. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = performance.now();
    for (const [displayId, at] of this.#publishedAtMs) {
      if (now - at >= MIN_INTERVAL_MS) this.#publishedAtMs.delete(displayId);
    }
    for (const [displayId, publish] of this.#waiting) {
      this.#publishedAtMs.set(displayId, now);
      publish();
    }
    this.#waiting.clear();
  }
}
