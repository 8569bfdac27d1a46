import { OptionError } from "../option-error.js";
import type { ProfileData } from "../profile-data.js";
import { rowsWhere } from "../select-samples.js";
import { keepSamples } from "./keep-samples.js";

/** The samples of a part of the window, half-open: `[fromMs, toMs)`, in milliseconds since its start. */
export function between(data: ProfileData, fromMs: number, toMs: number): ProfileData {
  if (typeof fromMs !== "number" || Number.isNaN(fromMs))
    throw new OptionError("between", "fromMs", fromMs, "milliseconds since the window's start");
  if (!(toMs >= fromMs)) throw new OptionError("between", "toMs", toMs, `milliseconds, at least ${fromMs}`);
  const { atMs } = data.samples;
  if (atMs.some(Number.isNaN))
    throw new Error(
      "between: this profile has sums of samples without their times. Folded stacks and pprof have none; read what perf script prints, or a recording.",
    );
  const kept = rowsWhere(atMs.length, (i) => atMs[i] >= fromMs && atMs[i] < toMs);
  return keepSamples(data, kept, `between(${fromMs}, ${toMs})`);
}
