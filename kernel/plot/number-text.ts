const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** `4,985`. */
export function countText(count: number): string {
  return whole.format(count);
}

/** `97.1 %`, or `0.0 %` of nothing. */
export function shareText(part: number, total: number): string {
  return `${tenths.format(total > 0 ? (100 * part) / total : 0)} %`;
}

/** `12.3`. */
export function tenthsText(value: number): string {
  return tenths.format(value);
}

/** A length of time, in the unit in which it reads best: `5.0 s`, `250 ms`. */
export function durationText(durationMs: number): string {
  return durationMs < 1000 ? `${whole.format(durationMs)} ms` : `${tenths.format(durationMs / 1000)} s`;
}

/** `1 CPU`, `2 CPUs`. */
export function plural(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;
}
