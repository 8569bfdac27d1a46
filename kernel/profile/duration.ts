import { OptionError } from "../dataframe/option-error.js";

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 } as const;
const LONGEST_MS = 86_400_000;

/**
 * Milliseconds of a duration.
 *
 * @throws {OptionError} for anything but a number with a unit, more than nothing and at most a day
 */
export function parseDuration(value: unknown, option = "duration"): number {
  const match = typeof value === "string" ? /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)\s*$/.exec(value) : null;
  const durationMs = match ? Number(match[1]) * UNITS_MS[match[2] as keyof typeof UNITS_MS] : Number.NaN;
  if (!(durationMs >= 1 && durationMs <= LONGEST_MS))
    throw new OptionError(
      "profile",
      option,
      value,
      'a length of time with its unit, from "1ms" to "24h", for example "10s" or "500ms"',
    );
  return durationMs;
}
