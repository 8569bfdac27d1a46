/**
 * Numbers values in the order in which they come: equal values of one type have one code.
 *
 * Dates are equal by time and lists by their content, not by identity; 1 is not "1".
 */
export class ValueCodes {
  readonly #values = new Map<unknown, number>();
  readonly #dates = new Map<number, number>();
  readonly #objects = new Map<string, number>();
  #size = 0;

  /** Every code is smaller. */
  get size(): number {
    return this.#size;
  }

  of(value: unknown): number {
    if (typeof value !== "object" || value === null) return this.#known(this.#values, value);
    if (value instanceof Date) return this.#known(this.#dates, value.getTime());
    return this.#known(this.#objects, contentOf(value));
  }

  #known<Key>(codes: Map<Key, number>, key: Key): number {
    let code = codes.get(key);
    if (code === undefined) {
      code = this.#size++;
      codes.set(key, code);
    }
    return code;
  }
}

/** True where {@link ValueCodes} has one code for both. */
export function isSameValue(a: unknown, b: unknown): boolean {
  const codes = new ValueCodes();
  return codes.of(a) === codes.of(b);
}

function contentOf(value: object): string {
  return JSON.stringify(value, (_, item) => (typeof item === "bigint" ? `${item}n` : item));
}
