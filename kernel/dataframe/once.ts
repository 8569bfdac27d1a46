/** A function that makes its value at the first call, and keeps it. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  let maker: (() => T) | undefined = make;
  return () => {
    if (!made) {
      made = { value: maker!() };
      maker = undefined; // and what it holds
    }
    return made.value;
  };
}
