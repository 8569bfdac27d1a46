/** Looks a name up, or throws a RangeError that lists the names that exist. */
export function named<T>(items: ReadonlyMap<string, T>, kind: string, name: string, where: string): T {
  const item = items.get(name);
  if (item !== undefined) return item;
  const names = [...items.keys()];
  throw new RangeError(
    `${where} has no ${kind} "${name}"; it has ${names.length ? names.join(", ") : "none"}`,
  );
}
