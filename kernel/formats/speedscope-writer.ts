import type { ProfileData } from "../dataframe/profile-data.js";
import { samplesByThread, threadTitle } from "./by-thread.js";
import { jsonText } from "./long-text.js";

const SCHEMA = "https://www.speedscope.app/file-format-schema.json";
/** Units that speedscope knows. */
const UNITS = ["nanoseconds", "bytes"];

/** speedscope's JSON: one sampled profile a thread, the one with the most samples shown first. */
export function writeSpeedscope(data: ProfileData): string {
  const { frames, meta, samples, stacks } = data;
  const unit = meta.unit ?? "nanoseconds";
  const threads = samplesByThread(data);
  const profiles = threads.map(({ thread, rows }) => {
    const weights = rows.map((i) => samples.weight[i]);
    const list = rows.map((i) => {
      const stack = samples.stack[i];
      return Array.from(stacks.frames.subarray(stacks.offsets[stack], stacks.offsets[stack + 1]));
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return {
      type: "sampled",
      name: threadTitle(data, thread),
      unit: UNITS.includes(unit) ? unit : "none",
      startValue: 0,
      endValue: total,
      samples: list,
      weights,
    };
  });
  const largest = profiles.reduce(
    (best, { endValue }, i) => (endValue > profiles[best].endValue ? i : best),
    0,
  );
  return jsonText("toSpeedscope", {
    $schema: SCHEMA,
    exporter: "proflab",
    name: meta.source?.file ?? `${meta.event}, ${meta.window.startedAt}`,
    activeProfileIndex: largest,
    shared: {
      // A frame without a source file has its module there: speedscope shows and colours by it.
      frames: frames.name.map((name, row) => ({
        name,
        file: frames.file[row] ?? frames.module[row],
        ...(frames.file[row] !== null && frames.line[row] !== null ? { line: frames.line[row] } : {}),
        ...(frames.file[row] !== null && frames.column[row] !== null ? { col: frames.column[row] } : {}),
      })),
    },
    profiles,
  });
}
