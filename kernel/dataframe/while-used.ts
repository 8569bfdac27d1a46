/**
 * A function that makes its value where it is not there: it is kept while work goes on, and as long as memory is not wanted
 * for something else.
 *
 * @param first A value that is there already.
 */
export function whileUsed<T extends object>(make: () => T, first?: T): () => T {
  let held: T | undefined;
  let weak = first && new WeakRef(first);
  return () => {
    if (held !== undefined) return held;
    held = weak?.deref();
    if (held === undefined) {
      held = make();
      weak = new WeakRef(held);
    }
    // Not by the weak reference alone, which is slow in a loop.
    setImmediate(() => {
      held = undefined;
    }).unref();
    return held;
  };
}
