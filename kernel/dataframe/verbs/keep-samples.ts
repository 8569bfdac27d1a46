import type { ProfileData, ProfileMeta } from "../profile-data.js";
import { selectSamples } from "../select-samples.js";

/**
 * The profile of some of its samples, by row, in order.
 *
 * Those left out count as filtered by the verb: `samples + filtered + dropped` are still the ticks.
 *
 * @param verb As it was called: `focus(/parse/)`.
 */
export function keepSamples(data: ProfileData, kept: Int32Array, verb: string): ProfileData {
  const meta = afterVerb(data.meta, verb);
  if (kept.length === data.samples.stack.length) return { ...data, meta };
  const selected = selectSamples(data, kept);
  const removed = sampleCount(data) - sampleCount(selected);
  const { samples, filtered, ...rest } = meta.accounting;
  const accounting = {
    ...rest,
    samples: samples - removed,
    filtered: { ...filtered, [verb]: (filtered[verb] ?? 0) + removed },
  };
  return { ...selected, meta: { ...meta, accounting } };
}

/** States in `meta` that a verb was applied. */
export function afterVerb(meta: ProfileMeta, verb: string): ProfileMeta {
  return { ...meta, verbs: [...(meta.verbs ?? []), verb] };
}

/** Samples in all rows. */
export function sampleCount({ samples: { stack, count } }: ProfileData): number {
  return count ? count.reduce((sum, n) => sum + n, 0) : stack.length;
}
