/**
 * The variables of all cells. Emitted code knows them as its `exports`.
 *
 * What TypeScript emits for imported names, a getter defined once, is stored as a value: a later cell may assign it.
 */
export class Scope {
  readonly #values: Record<string, unknown>;
  /** The object that cells see as `exports`. */
  readonly exports: Record<string, unknown>;

  /** @param globals values known from the start; getters are asked at first use */
  constructor(globals: Record<string, unknown> = {}) {
    const values: Record<string, unknown> = {};
    Object.defineProperties(values, configurable(Object.getOwnPropertyDescriptors(globals)));
    this.#values = values;
    this.exports = new Proxy(values, {
      defineProperty(target, name, attributes) {
        if (name === "__esModule") return true;
        const value = attributes.get ? attributes.get() : attributes.value;
        return Reflect.defineProperty(target, name, {
          value,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      },
      // The name is what profiles show where a cell assigns variables in a loop.
      set: function setCellVariable(target, name, value) {
        return Reflect.defineProperty(target, name, {
          value,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      },
    });
  }

  /** Removes a variable and returns its value. */
  take(name: string): unknown {
    const value = this.#values[name];
    delete this.#values[name];
    return value;
  }

  /** Names that are declared and have no value. */
  unassigned(): string[] {
    return Object.entries(Object.getOwnPropertyDescriptors(this.#values))
      .filter(([, { get, value }]) => !get && value === undefined)
      .map(([name]) => name);
  }
}

function configurable(descriptors: PropertyDescriptorMap): PropertyDescriptorMap {
  return Object.fromEntries(
    Object.entries(descriptors).map(([name, found]) => [name, { ...found, configurable: true }]),
  );
}
