import { OptionError } from "../option-error.js";
import type { Accounting, ProfileData } from "../profile-data.js";
import { afterVerb, sampleCount } from "./keep-samples.js";

/** Scales samples and weights, and the account with them, so that the samples add up to a number. */
export function normalize(data: ProfileData, to: number): ProfileData {
  if (!(to > 0 && to < Infinity))
    throw new OptionError("normalize", "to", to, "a positive number, or a frame with samples");
  const { samples, meta } = data;
  const all = sampleCount(data);
  const factor = all > 0 ? to / all : 1;
  return {
    ...data,
    samples: {
      ...samples,
      weight: samples.weight.map((weight) => weight * factor),
      count: Float64Array.from(samples.weight, (_, i) => (samples.count ? samples.count[i] : 1) * factor),
    },
    meta: { ...afterVerb(meta, `normalize(${to})`), accounting: scaled(meta.accounting, factor) },
  };
}

function scaled({ ticks, samples, filtered, dropped, ...rest }: Accounting, factor: number): Accounting {
  const all = (counts: Record<string, number>) =>
    Object.fromEntries(Object.entries(counts).map(([reason, count]) => [reason, count * factor]));
  return {
    ...rest,
    ticks: ticks * factor,
    samples: samples * factor,
    filtered: all(filtered),
    dropped: all(dropped),
  };
}
