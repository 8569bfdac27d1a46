import type { ProfileMeta } from "../dataframe/profile-data.js";

/** What a file says of its profile; all else is unknown. */
export interface KnownMeta {
  file: string;
  format: string;
  event: string;
  /** Of the weights; `nanoseconds` without it. */
  unit?: string;
  /** In the unit of the weights. */
  period?: number;
  samples: number;
  /** Monotonic clock of the host that was profiled. */
  startNs?: number;
  durationMs?: number;
  /** Milliseconds since 1970. */
  startedAtMs?: number;
  buildIds?: Record<string, string>;
  host?: Partial<ProfileMeta["host"]>;
  /** Samples that the file says were lost, by reason. */
  dropped?: Record<string, number>;
  notes?: string[];
}

const NANOSECONDS = 1e9;

/** The facts of a profile that was read, with an accounting that says that it is none. */
export function readMeta(known: KnownMeta): ProfileMeta {
  const {
    file,
    format,
    event,
    unit = "nanoseconds",
    period = 0,
    samples,
    startNs = 0,
    durationMs = 0,
  } = known;
  const { startedAtMs = 0, buildIds = {}, host = {}, dropped = {}, notes = [] } = known;
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  const isTime = unit === "nanoseconds";
  // A date of a stranger's file may be none.
  const startedAt = new Date(Number.isFinite(startedAtMs) && Math.abs(startedAtMs) < 8e15 ? startedAtMs : 0);
  return {
    window: {
      startNs,
      endNs: startNs + durationMs * 1e6,
      durationMs,
      startedAt: startedAt.toISOString(),
    },
    event,
    period,
    ...(isTime ? {} : { unit }),
    frequencyHz: { asked: isTime && period > 0 ? NANOSECONDS / period : 0, achieved: 0 },
    cpus: { online: [], skipped: [] },
    accounting: { ticks: samples + lost, samples, filtered: {}, dropped, known: false },
    ringBytes: 0,
    ends: {},
    stops: {},
    reasons: {},
    target: {},
    host: { kernel: "", machine: "", cpuModel: "", cpuCount: 0, libbpf: "", sampler: "", ...host },
    interrupted: false,
    notes: [...notes, ...(samples === 0 ? [`${file} has no samples.`] : [])],
    source: { file, format },
    ...(Object.keys(buildIds).length > 0 ? { buildIds } : {}),
  };
}
