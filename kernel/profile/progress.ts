import { Progress } from "../display/progress.js";

/** Windows shorter than this are over before a bar would be read. */
const SHORTEST_MS = 1000;

export interface WindowProgress {
  /** Undefined when no bar is shown. */
  update?(now: { elapsedMs: number; samples: number; dropped: number }): void;
  done(samples: number, elapsedMs: number): void;
  failed(): void;
}

/** The progress bar of a window: time, samples and losses so far. Nothing when it is short or not wanted. */
export function windowProgress(durationMs: number | undefined, isWanted: boolean): WindowProgress {
  const isShort = durationMs !== undefined && durationMs < SHORTEST_MS;
  if (!isWanted || isShort) return { done() {}, failed() {} };
  const bar = new Progress("profile");
  let isShown = false;
  return {
    update({ elapsedMs, samples, dropped }) {
      isShown = true;
      const of = durationMs === undefined ? "" : ` of ${seconds(durationMs)}`;
      const lost = dropped > 0 ? `, ${dropped.toLocaleString("en")} dropped` : "";
      const fraction = durationMs === undefined ? null : elapsedMs / durationMs;
      bar.update(fraction, `${seconds(elapsedMs)}${of} · ${samples.toLocaleString("en")} samples${lost}`);
    },
    done(samples, elapsedMs) {
      if (isShown) bar.done(`${seconds(elapsedMs)} · ${samples.toLocaleString("en")} samples`);
    },
    failed() {
      if (isShown) bar.done("failed");
    },
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
