import type { Nameless, ProfileMeta, Stop } from "../profile-data.js";

/**
 * What is known of several profiles together: counts are sums; what they differ in is unknown, as if it had not been
 * measured. Of one profile, its own.
 */
export function mergedMeta(metas: readonly ProfileMeta[]): ProfileMeta {
  const [first] = metas;
  if (metas.length === 1) return first;
  const common = <T>(of: (meta: ProfileMeta) => T): T | undefined =>
    metas.every((meta) => JSON.stringify(of(meta)) === JSON.stringify(of(first))) ? of(first) : undefined;
  const sum = (of: (meta: ProfileMeta) => number) => metas.reduce((all, meta) => all + of(meta), 0);
  const durationMs = sum(({ window }) => window.durationMs);
  const isAlike = common(({ unit, period }) => [unit, period]) !== undefined;
  const unit = isAlike ? first.unit : "samples";
  return {
    window: {
      startNs: 0,
      endNs: durationMs * 1e6,
      durationMs,
      startedAt: metas.map(({ window }) => window.startedAt).sort()[0],
    },
    event: common(({ event }) => event) ?? "several",
    period: isAlike ? first.period : 1,
    ...(unit === undefined ? {} : { unit }),
    frequencyHz: common(({ frequencyHz }) => frequencyHz) ?? { asked: 0, achieved: 0 },
    cpus: {
      online: [...new Set(metas.flatMap(({ cpus }) => cpus.online))].sort((a, b) => a - b),
      skipped: metas.flatMap(({ cpus }) => cpus.skipped),
    },
    accounting: {
      ticks: sum(({ accounting }) => accounting.ticks),
      samples: sum(({ accounting }) => accounting.samples),
      filtered: sums(metas.map(({ accounting }) => accounting.filtered)),
      dropped: sums(metas.map(({ accounting }) => accounting.dropped)),
      ...(metas.some(({ accounting }) => accounting.known === false) ? { known: false } : {}),
    },
    ringBytes: sum(({ ringBytes }) => ringBytes ?? 0),
    ends: sums(metas.map(({ ends }) => ends)),
    stops: merged<Stop>(
      metas.map(({ stops }) => stops),
      (one, other) => (one.samples >= other.samples ? one : other),
    ),
    reasons: merged<Nameless>(
      metas.map(({ reasons }) => reasons),
      (one, other) => ({
        samples: one.samples + other.samples,
        addresses: one.addresses + other.addresses,
        worst: one.worst.samples >= other.worst.samples ? one.worst : other.worst,
      }),
    ),
    target: common(({ target }) => target) ?? {},
    host: common(({ host }) => host) ?? {
      ...{ kernel: "", machine: "", cpuModel: "", cpuCount: 0, libbpf: "", sampler: "" },
    },
    interrupted: metas.some(({ interrupted }) => interrupted),
    notes: [sourcesNote(metas), ...new Set(metas.flatMap(({ notes }) => notes))],
  };
}

function sourcesNote(metas: readonly ProfileMeta[]): string {
  const recorded = metas.flatMap(({ recording }) => recording?.folder ?? []);
  return recorded.length === metas.length
    ? `Rows of ${recorded.length} recordings: ${recorded.join(", ")}.`
    : `Rows of ${metas.length} profiles.`;
}

function sums(counts: readonly Record<string, number>[]): Record<string, number> {
  return merged(counts, (one, other) => one + other);
}

/** Records as one; `both` where two have a member of that name. */
function merged<Value>(
  records: readonly Record<string, Value>[],
  both: (one: Value, other: Value) => Value,
): Record<string, Value> {
  const all = new Map<string, Value>();
  for (const [name, value] of records.flatMap(Object.entries) as [string, Value][])
    all.set(name, all.has(name) ? both(all.get(name)!, value) : value);
  return Object.fromEntries(all);
}
