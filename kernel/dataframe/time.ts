import type { ProfileMeta } from "./profile-data.js";

/** Milliseconds that a weight stands for; NaN, which is a missing value, where weights are no time. */
export function timeMs(weight: number, { unit = "nanoseconds" }: ProfileMeta): number {
  return unit === "nanoseconds" ? weight / 1e6 : Number.NaN;
}
