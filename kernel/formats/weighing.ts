/** Units of time, in nanoseconds. */
const TIME_UNITS: Readonly<Record<string, number>> = {
  nanoseconds: 1,
  microseconds: 1e3,
  milliseconds: 1e6,
  seconds: 1e9,
};

/** Nanoseconds in a unit of time; undefined for any other unit. */
export function unitNs(unit: string): number | undefined {
  return Object.hasOwn(TIME_UNITS, unit) ? TIME_UNITS[unit] : undefined;
}

/** How a value of a file becomes samples and a weight. */
export interface Weighing {
  of(value: number): { count: number; weight: number };
  isTime: boolean;
  /** Of the weights. */
  unit: string;
  /** What a sample stands for; 0 where it is not known. */
  period: number;
  note?: string;
}

/**
 * How values of a unit are weighed.
 *
 * Where they are no time, they are counts. Where they are sampled times, they are one sample each, or as many as the
 * period goes into them, if there is one: exporters merge equal neighbours. Times that were not sampled count as microseconds.
 *
 * @param sampled All values that were sampled; undefined where they are exact times between events.
 */
export function weighing(unit: string, sampled: readonly number[] | undefined): Weighing {
  const scale = unitNs(unit);
  if (scale === undefined)
    return {
      of: (value) => ({ count: value, weight: value }),
      isTime: false,
      unit: unit === "none" ? "samples" : unit,
      period: 0,
    };
  const time = { isTime: true, unit: "nanoseconds" };
  if (sampled === undefined) {
    const note = "The column samples has microseconds: the file has the times of calls, not samples.";
    return {
      ...time,
      of: (value) => ({ count: (value * scale) / 1e3, weight: value * scale }),
      period: 0,
      note,
    };
  }
  const period = commonPeriod(sampled);
  return {
    ...time,
    of: (value) => ({ count: period > 0 ? Math.round(value / period) : 1, weight: value * scale }),
    period: period * scale,
  };
}

/** Share of the values that are one period, where there is one: other times are hardly ever as short as their divisor. */
const MIN_SHARE = 0.01;

/** The largest number that goes into all values a whole number of times, if some of them are that number; else 0. */
function commonPeriod(values: readonly number[]): number {
  const known = values.filter((value) => value > 0);
  let common = 0;
  for (const value of known) common = divisor(common, value);
  const ones = known.filter((value) => value < common * 1.001).length;
  return ones > 0 && ones >= MIN_SHARE * known.length ? common : 0;
}

function divisor(a: number, b: number): number {
  let [large, small] = a > b ? [a, b] : [b, a];
  // Times are not always whole numbers of their unit.
  while (small > large * 1e-6) [large, small] = [small, large % small];
  return large;
}
