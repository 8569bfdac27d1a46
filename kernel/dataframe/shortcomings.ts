import { printable } from "../display/printable.js";
import { countText } from "../plot/number-text.js";
import type { ProfileMeta } from "./profile-data.js";
import { END_REMEDIES, JIT_REMEDIES, REASON_REMEDIES, type Remedy } from "./remedies.js";
import { shortModule } from "./short-module.js";

/** Share of the samples above which a shortcoming is said. */
const MIN_SHARE = 0.01;
const JIT = "[jit]";

/**
 * Sentences about what more than 1 % of a window's stacks lack, the most frequent first: their root, or a frame's name; the
 * module that lacks it most, and the remedy. Printable, not escaped.
 */
export function shortcomings({ ends, stops, reasons }: ProfileMeta): string[] {
  const total = Object.values(ends).reduce((sum, count) => sum + count, 0);
  const found: { samples: number; sentence: string }[] = [];
  const say = (samples: number, text: string, remedy: Remedy) => {
    if (samples <= total * MIN_SHARE) return;
    const stacks = `${countText(samples)} of ${countText(total)} stacks`;
    found.push({ samples, sentence: `${stacks} ${text}: ${remedy.what} (${remedy.remedy})` });
  };
  for (const [end, { module, samples }] of Object.entries(stops)) {
    const known = Object.hasOwn(END_REMEDIES, end) ? END_REMEDIES[end] : undefined;
    const most = samples < ends[end] ? `, ${countText(samples)} of them` : "";
    const place = module === "" ? `have no user part${most}` : `stop${most} in ${shortName(module)}`;
    say(ends[end] ?? 0, place, known ?? unknown(end));
  }
  for (const [reason, { samples, worst }] of Object.entries(reasons)) {
    const remedies =
      worst.module === JIT && Object.hasOwn(JIT_REMEDIES, reason) ? JIT_REMEDIES : REASON_REMEDIES;
    const known = Object.hasOwn(remedies, reason) ? remedies[reason] : undefined;
    const most = worst.samples < samples ? `, ${countText(worst.samples)} of them` : "";
    say(samples, `have frames without a name${most} in ${shortName(worst.module)}`, known ?? unknown(reason));
  }
  return found.sort((a, b) => b.samples - a.samples).map(({ sentence }) => sentence);
}

/** A word of a newer sampler, or of a stranger's file. */
function unknown(word: string): Remedy {
  return { what: printable(word), remedy: "this version of proflab knows no remedy" };
}

function shortName(module: string): string {
  if (module === "[unknown]") return "memory that is not mapped";
  return printable(shortModule(module));
}
