import { existsSync } from "node:fs";
import type { ProfileMeta } from "../dataframe/profile-data.js";

/** Sentences that explain an empty result; none when there are samples. */
export function explainNoSamples(meta: ProfileMeta): string[] {
  const { accounting, target } = meta;
  if (accounting.samples > 0) return [];
  const lost = Object.entries(accounting.dropped);
  if (lost.length > 0)
    return [
      `0 samples: all of them were dropped (${lost.map(([reason, n]) => `${reason} ${n}`).join(", ")})`,
    ];
  if (accounting.ticks === 0)
    return ["0 samples: the clock did not tick; the CPUs were idle, or the window was shorter than a period"];
  const [what, named] =
    target.tid !== undefined
      ? ["thread", target.tid]
      : target.pid !== undefined
        ? ["process", target.pid]
        : [];
  if (what === undefined) return ["0 samples: every tick found its CPU idle, or was filtered"];
  const all = named as number[];
  const sentence = `${what}${all.length > 1 ? (what === "thread" ? "s" : "es") : ""} ${all.join(", ")}`;
  if (all.every((id) => !existsSync(`/proc/${id}`))) return [`0 samples: ${sentence} exited`];
  return [`0 samples: ${sentence} slept for the whole window (no tick found it on a CPU)`];
}
