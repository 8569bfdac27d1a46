import { type DistributionGroup, type DistributionUnit, distribution } from "../plot/distribution.js";
import { kindColour } from "../plot/flame-colours.js";
import type { PlotlyFigure } from "../plot/plotly-figure.js";
import { OptionError } from "./option-error.js";
import type { ProfileLink } from "./profile-link.js";
import { leafOf, type ProfileRows } from "./profile-rows.js";
import { timeMs } from "./time.js";

/** What {@link DistributionOptions.by} accepts, and what it is called in titles. */
const SUBJECTS = {
  tid: "thread",
  pid: "process",
  comm: "thread name",
  process: "process name",
  cpu: "CPU",
  kind: "kind of code",
  module: "module",
  leaf: "function",
} as const;

export type DistributionKey = keyof typeof SUBJECTS;

export interface DistributionOptions {
  by: DistributionKey;
  /** `samples`, or `ms` for the time that they stand for. */
  unit?: DistributionUnit;
  title?: string;
}

/** Distributes the samples of a frame over threads, processes, CPUs, kinds of code, modules or functions. */
export function profileDistribution(link: ProfileLink, options: DistributionOptions): PlotlyFigure {
  const { by, unit = "samples", title } = options ?? {};
  if (!Object.hasOwn(SUBJECTS, by)) throw new OptionError("distribution", "by", by, Object.keys(SUBJECTS));
  if (unit !== "samples" && unit !== "ms")
    throw new OptionError("distribution", "unit", unit, ["samples", "ms"]);
  const weightUnit = link.rows.data.meta.unit ?? "nanoseconds";
  if (unit === "ms" && weightUnit !== "nanoseconds")
    throw new OptionError(
      "distribution",
      "unit",
      unit,
      `"samples": the weights of this profile are ${weightUnit}`,
    );
  const groups = new Map<string | number, DistributionGroup & { samples: number; timeMs: number }>();
  const count = (key: string | number, label: string, samples: number, weight: number) => {
    let group = groups.get(key);
    if (!group) {
      group = { label, samples: 0, timeMs: 0, ...(by === "kind" ? { colour: kindColour(label) } : {}) };
      groups.set(key, group);
    }
    group.samples += samples;
    group.timeMs += timeMs(weight, link.rows.data.meta);
  };
  if (by === "cpu") countByCpu(link, count);
  else countByRow(link, by, count);
  return distribution([...groups.values()], title ?? `Samples by ${SUBJECTS[by]}`, unit);
}

type Count = (key: string | number, label: string, samples: number, weight: number) => void;

function countByRow({ members, rows }: ProfileLink, by: Exclude<DistributionKey, "cpu">, count: Count): void {
  for (const row of members) {
    const label = labelOf(rows, row, by);
    // Threads of equal names are not one thread.
    const { pid, tid } = rows.data.threads;
    const id = by === "tid" ? tid[rows.thread[row]] : by === "pid" ? pid[rows.thread[row]] : -1;
    count(id >= 0 ? id : label, label, rows.samples[row], rows.weight[row]);
  }
}

function countByCpu({ members, rows }: ProfileLink, count: Count): void {
  const wanted = new Uint8Array(rows.length);
  for (const row of members) wanted[row] = 1;
  const { cpu, weight, count: counts } = rows.data.samples;
  for (let i = 0; i < cpu.length; i++) {
    if (wanted[rows.ofSample[i]]) count(cpu[i], `CPU ${cpu[i]}`, counts ? counts[i] : 1, weight[i]);
  }
}

function labelOf(
  { data, thread, stack }: ProfileRows,
  row: number,
  by: Exclude<DistributionKey, "cpu">,
): string {
  const { frames, threads } = data;
  const t = thread[row];
  switch (by) {
    case "tid":
      return `${threads.comm[t]} (${threads.tid[t]})`;
    case "pid":
      return `${threads.process[t]} (${threads.pid[t]})`;
    case "comm":
      return threads.comm[t];
    case "process":
      return threads.process[t];
    default: {
      const leaf = leafOf(data, stack[row]);
      if (leaf < 0) return "";
      return by === "leaf" ? frames.name[leaf] : by === "module" ? frames.module[leaf] : frames.kind[leaf];
    }
  }
}
