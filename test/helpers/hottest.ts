/** Samples in which a function is the innermost one (self), and in which it is at all (inclusive). */
export interface Heat {
  self: number;
  inclusive: number;
}

/** Counts stacks (names joined by `;`, root first) by the functions that `counts` knows; the innermost of them has it as its own. */
export function heat(
  stacks: Iterable<{ readonly text: string; readonly samples: number }>,
  counts: (name: string) => boolean,
): Map<string, Heat> {
  const byName = new Map<string, Heat>();
  const of = (name: string) => {
    const known = byName.get(name) ?? { self: 0, inclusive: 0 };
    byName.set(name, known);
    return known;
  };
  for (const { text, samples } of stacks) {
    const names = text.split(";").filter(counts);
    for (const name of new Set(names)) of(name).inclusive += samples;
    if (names.length > 0) of(names[names.length - 1]).self += samples;
  }
  return byName;
}

/** Names by falling count. */
export function hottest(counts: ReadonlyMap<string, Heat>, by: keyof Heat, most: number): string[] {
  return [...counts]
    .sort(([, a], [, b]) => b[by] - a[by])
    .slice(0, most)
    .map(([name]) => name);
}

/**
 * Standard error of the difference of two shares that should be one: of `a` in `aOf` samples and `b` in `bOf`.
 *
 * For independent samples; a share of nothing has the error of one sample.
 */
export function errorOfDifference(a: number, aOf: number, b: number, bOf: number): number {
  const pooled = Math.max(a + b, 1) / (aOf + bOf);
  return Math.sqrt(pooled * (1 - pooled) * (1 / aOf + 1 / bOf));
}
