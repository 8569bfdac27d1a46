import { printable } from "../display/printable.js";
import { countText, durationText, plural, shareText, tenthsText } from "../plot/number-text.js";
import type { ProfileMeta } from "./profile-data.js";

/** One statement of the accounting line. */
export interface AccountingPart {
  readonly text: string;
  /** True for what should not have happened: samples are lost, the window was cut short. */
  readonly alarm: boolean;
}

/** What became of every tick of the window, as a line under the result. */
export function accountingLine(meta: ProfileMeta): string {
  return accountingParts(meta)
    .map((part) => part.text)
    .join(" · ");
}

/** {@link accountingLine} in parts, so that those that matter can be emphasised. */
export function accountingParts(meta: ProfileMeta): AccountingPart[] {
  const { accounting, cpus, ends, window } = meta;
  const { source, recording } = meta;
  const parts: AccountingPart[] = [];
  if (recording) parts.push({ text: recordedText(recording), alarm: false });
  if (source) {
    const what = `${countText(accounting.samples)} samples of ${printable(source.file)} (${source.format})`;
    const rest = accounting.known === false ? ", which does not say what was filtered or dropped" : "";
    parts.push({ text: what + rest, alarm: false });
  } else {
    parts.push({
      text:
        `${countText(accounting.samples)} samples of ${countText(accounting.ticks)} ticks${rate(meta)}` +
        ` on ${plural(cpus.online.length, "CPU")} in ${durationText(window.durationMs)}`,
      alarm: false,
    });
  }
  if (meta.verbs?.length) parts.push({ text: `after ${meta.verbs.map(printable).join(", ")}`, alarm: false });
  const filtered = reasons("filtered", accounting.filtered);
  if (filtered) parts.push({ text: filtered, alarm: false });
  const dropped = reasons("dropped", accounting.dropped);
  if (dropped) parts.push({ text: dropped, alarm: true });
  const walked = Object.values(ends).reduce((sum, count) => sum + count, 0);
  if (walked > 0) {
    const { complete = 0, ...broken } = ends;
    const shares = [`${shareText(complete, walked)} complete`];
    for (const [end, count] of byCount(broken)) shares.push(`${shareText(count, walked)} ${printable(end)}`);
    parts.push({ text: `stacks: ${shares.join(", ")}`, alarm: false });
  }
  for (const { cpu, reason } of cpus.skipped)
    parts.push({ text: `CPU ${cpu} not sampled: ${printable(reason)}`, alarm: true });
  if (meta.interrupted) parts.push({ text: "interrupted", alarm: true });
  return parts;
}

/** `recorded 2026-11-28 13:50 UTC on build-7 (runs/before)`. */
function recordedText({ folder, savedAt, host }: NonNullable<ProfileMeta["recording"]>): string {
  const when = savedAt.replace("T", " ").slice(0, 16);
  return `recorded ${printable(when)} UTC on ${printable(host)} (${printable(folder)})`;
}

function rate({ frequencyHz: { asked, achieved } }: ProfileMeta): string {
  if (!(asked > 0)) return achieved > 0 ? ` at ${tenthsText(achieved)} Hz` : "";
  const off = Math.abs(achieved / asked - 1) > 0.02;
  return ` at ${countText(asked)} Hz${off && achieved > 0 ? ` (achieved ${tenthsText(achieved)})` : ""}`;
}

function reasons(what: string, counts: Record<string, number>): string | undefined {
  const entries = byCount(counts);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  return `${what}: ${countText(total)} (${entries.map(([reason, n]) => `${printable(reason)} ${countText(n)}`).join(", ")})`;
}

function byCount(counts: Record<string, number>): [string, number][] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
