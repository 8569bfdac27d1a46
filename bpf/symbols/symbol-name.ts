/**
 * Orders two names of one address, better first, for symbols of equal binding.
 *
 * Fewest leading underscores, then shortest, then alphabetical: the same choice whatever the order of the table.
 */
export function compareNames(a: string, b: string): number {
  return underscores(a) - underscores(b) || a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

function underscores(name: string): number {
  let count = 0;
  while (name[count] === "_") count++;
  return count;
}

/** Replaces control characters, which would break the lines of text formats and of terminals. */
export function printable(name: string): string {
  return /\p{Cc}/u.test(name) ? name.replaceAll(/\p{Cc}/gu, "?") : name;
}

/** Cuts off a symbol's version: `read@@GLIBC_2.2.5` and `read@GLIBC_2.2.5` are `read`; Microsoft's `?f@@YAXXZ` stays. */
export function withoutVersion(name: string): string {
  const at = name.indexOf("@");
  return at > 0 && name[0] !== "?" && /^@@?[A-Za-z_][\w.]*$/.test(name.slice(at)) ? name.slice(0, at) : name;
}
