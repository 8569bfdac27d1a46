/**
 * A map that forgets: it holds between `size` and twice `size` entries, those used last; fewer of those that are heavy.
 *
 * Two generations: when the young one is full it becomes the old one, and what was in the old one and not used since
 * is gone.
 */
export class BoundedCache<Key, Value> {
  #young = new Map<Key, Value>();
  #old = new Map<Key, Value>();
  #youngWeight = 0;

  /** @param weigh a value's weight, 1 for a usual one; at least 1 counts */
  constructor(
    private readonly size: number,
    private readonly weigh: (key: Key, value: Value) => number = () => 1,
  ) {}

  get(key: Key): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: Key, value: Value): void {
    if (this.#youngWeight >= this.size) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngWeight = 0;
    }
    this.#youngWeight += Math.max(1, this.weigh(key, value));
    this.#young.set(key, value);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngWeight = 0;
  }
}
