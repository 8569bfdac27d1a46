import type { NamedStacks } from "./naming.js";

/** Ends that are no shortcoming: the stack has its root, or its user part was not asked for. */
const FINE: ReadonlySet<string> = new Set(["complete", "kernel-only"]);

/**
 * The C library's code with which a process or thread begins lies within so many frames of the root. It has no name where
 * the library is stripped, as it is nearly everywhere, and nobody lacks it.
 */
const START_FRAMES = 3;
const C_LIBRARY = /\/(?:libc[.-]|libpthread[.-]|ld-musl-)[^/]*$/;

interface Count {
  samples: number;
  addresses: number;
}

/** A count, and its parts by module. */
class Tally {
  readonly all: Count = { samples: 0, addresses: 0 };
  readonly #modules = new Map<string, Count>();

  in(module: string): Count {
    const known = this.#modules.get(module) ?? { samples: 0, addresses: 0 };
    this.#modules.set(module, known);
    return known;
  }

  /** The module with the most samples; with the most addresses among equals. */
  get worst(): { module: string } & Count {
    const [[module, count]] = [...this.#modules].sort(
      ([a, x], [b, y]) => y.samples - x.samples || y.addresses - x.addresses || (a < b ? -1 : 1),
    );
    return { module, ...count };
  }
}

/**
 * What the stacks and names of a window lack: samples by the end of their stack, the module where most of those stop that
 * are not whole, and addresses without a name by reason.
 *
 * @param stackOfSample row of `stacks` for each sample
 */
export function shortcomings(
  stackOfSample: Int32Array,
  { stacks, frames }: Pick<NamedStacks, "stacks" | "frames">,
) {
  const samples = new Int32Array(stacks.end.length);
  for (const row of stackOfSample) samples[row]++;
  const ends: Record<string, number> = {};
  const stops = new Map<string, Tally>();
  const reasons = new Map<string, Tally>();
  const nameless = new Set<number>();
  const lacksName = (row: number, depth: number, rows: Int32Array) => {
    if (frames.reason[row] === null) return false;
    const isStart = depth < START_FRAMES && depth < rows.length - 1 && C_LIBRARY.test(frames.module[row]);
    return !isStart;
  };
  for (const [stack, end] of stacks.end.entries()) {
    ends[end] = (ends[end] ?? 0) + samples[stack];
    const rows = stacks.frames.subarray(stacks.offsets[stack], stacks.offsets[stack + 1]);
    if (!FINE.has(end)) {
      const hasUser = rows.length > 0 && frames.kind[rows[0]] !== "kernel";
      tallyOf(stops, end).in(hasUser ? frames.module[rows[0]] : "").samples += samples[stack];
    }
    // A stack counts once for a reason, however many such frames it has; and once for each module of those.
    const modules = new Map<string, Set<string>>();
    for (const row of rows.filter(lacksName)) {
      const reason = frames.reason[row] as string;
      modules.set(reason, (modules.get(reason) ?? new Set()).add(frames.module[row]));
      nameless.add(row);
    }
    for (const [reason, all] of modules) {
      const tally = tallyOf(reasons, reason);
      tally.all.samples += samples[stack];
      for (const module of all) tally.in(module).samples += samples[stack];
    }
  }
  for (const row of nameless) {
    const tally = tallyOf(reasons, frames.reason[row] as string);
    tally.all.addresses += frames.addresses[row];
    tally.in(frames.module[row]).addresses += frames.addresses[row];
  }
  return {
    ends,
    stops: entries(stops, ({ worst: { module, samples } }) => ({ module, samples })),
    reasons: entries(reasons, ({ all, worst }) => ({ ...all, worst })),
  };
}

function tallyOf(tallies: Map<string, Tally>, key: string): Tally {
  const known = tallies.get(key) ?? new Tally();
  tallies.set(key, known);
  return known;
}

function entries<R>(tallies: Map<string, Tally>, of: (tally: Tally) => R): Record<string, R> {
  return Object.fromEntries([...tallies].map(([key, tally]) => [key, of(tally)]));
}
