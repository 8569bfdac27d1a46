/** How many of `count` draws have an outcome of this probability. */
export function binomial(random: () => number, count: number, probability: number): number {
  let found = 0;
  for (let i = 0; i < count; i++) if (random() < probability) found++;
  return found;
}

/** A number of the normal distribution, by Box and Muller. */
export function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
