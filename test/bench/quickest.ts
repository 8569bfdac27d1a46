/**
 * The quickest of some runs of each work in milliseconds, after one that warms up: other work on the machine only adds. They
 * run in turn, so that it adds to all.
 */
export async function quickest(works: readonly (() => unknown)[], runs: number): Promise<number[]> {
  const least = works.map(() => Number.POSITIVE_INFINITY);
  for (let run = 0; run <= runs; run++)
    for (const [i, work] of works.entries()) {
      const start = performance.now();
      await work();
      if (run > 0) least[i] = Math.min(least[i], performance.now() - start);
    }
  return least;
}
