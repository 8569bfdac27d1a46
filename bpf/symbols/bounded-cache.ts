/**
 * A map that forgets: it holds between `size` and twice `size` entries, those used last.
 *
 * Two generations: when the young one is full it becomes the old one, and what was in the old one and not used since
 * is gone.
 */
export class BoundedCache<Key, Value> {
  #young = new Map<Key, Value>();
  #old = new Map<Key, Value>();

  constructor(private readonly size: number) {}

  get(key: Key): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: Key, value: Value): void {
    if (this.#young.size >= this.size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
