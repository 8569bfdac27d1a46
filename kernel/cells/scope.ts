/** The variables of all cells: properties of one plain object, which emitted code knows as its `exports`. */
export class Scope {
  readonly exports: Record<string, unknown> = {};

  /** @param globals values known from the start; getters are asked at each use */
  constructor(globals: Record<string, unknown> = {}) {
    for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(globals))) {
      if (get) this.link(name, get);
      else this.exports[name] = value;
    }
  }

  /** Binds a name to what `get` gives, until a cell gives the name a value of its own. */
  link(name: string, get: () => unknown): void {
    Object.defineProperty(this.exports, name, {
      get,
      set(this: object, value: unknown) {
        Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
      },
      enumerable: true,
      configurable: true,
    });
  }
}
