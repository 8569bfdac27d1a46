import type { ProfileData } from "./profile-data.js";

/** The profile of some samples alone, by row, in order: of what only others used, nothing is left. */
export function selectSamples(data: ProfileData, kept: Int32Array): ProfileData {
  const { samples, stacks, frames, threads } = data;
  const thread = new Renumbered(threads.pid.length);
  const stack = new Renumbered(stacks.end.length);
  const frame = new Renumbered(frames.name.length);
  const newSamples = {
    atMs: taken(samples.atMs, kept, new Float64Array(kept.length)),
    cpu: taken(samples.cpu, kept, new Int32Array(kept.length)),
    thread: thread.rows(taken(samples.thread, kept, new Int32Array(kept.length))),
    stack: stack.rows(taken(samples.stack, kept, new Int32Array(kept.length))),
    weight: taken(samples.weight, kept, new Float64Array(kept.length)),
    ...(samples.count ? { count: taken(samples.count, kept, new Float64Array(kept.length)) } : {}),
  };
  const offsets = new Int32Array(stack.kept.length + 1);
  const stackFrames: number[] = [];
  for (const [i, old] of stack.kept.entries()) {
    for (let at = stacks.offsets[old]; at < stacks.offsets[old + 1]; at++)
      stackFrames.push(frame.row(stacks.frames[at]));
    offsets[i + 1] = stackFrames.length;
  }
  return {
    samples: newSamples,
    stacks: {
      id: stack.take(stacks.id),
      offsets,
      frames: Int32Array.from(stackFrames),
      end: stack.list(stacks.end),
    },
    frames: {
      id: frame.take(frames.id),
      name: frame.list(frames.name),
      module: frame.list(frames.module),
      kind: frame.list(frames.kind),
      file: frame.list(frames.file),
      line: frame.list(frames.line),
      column: frame.list(frames.column),
    },
    threads: {
      pid: Int32Array.from(thread.kept, (t) => threads.pid[t]),
      tid: Int32Array.from(thread.kept, (t) => threads.tid[t]),
      process: thread.list(threads.process),
      comm: thread.list(threads.comm),
    },
    meta: data.meta,
  };
}

function taken<Numbers extends Float64Array | Int32Array>(
  values: Numbers,
  rows: Int32Array,
  into: Numbers,
): Numbers {
  for (let i = 0; i < rows.length; i++) into[i] = values[rows[i]];
  return into;
}

/** Rows of a table that are still used, numbered in the order in which they come up. */
class Renumbered {
  readonly kept: number[] = [];
  readonly #rows: Int32Array;

  constructor(length: number) {
    this.#rows = new Int32Array(length).fill(-1);
  }

  row(old: number): number {
    if (this.#rows[old] < 0) this.#rows[old] = this.kept.push(old) - 1;
    return this.#rows[old];
  }

  /** Renumbers in place. */
  rows(old: Int32Array): Int32Array {
    for (let i = 0; i < old.length; i++) old[i] = this.row(old[i]);
    return old;
  }

  list<T>(column: readonly T[]): T[] {
    return this.kept.map((old) => column[old]);
  }

  take(column: BigInt64Array): BigInt64Array {
    return BigInt64Array.from(this.kept, (old) => column[old]);
  }
}

/** The rows that fulfil a condition, in order. */
export function rowsWhere(length: number, isWanted: (row: number) => boolean): Int32Array {
  const rows = new Int32Array(length);
  let count = 0;
  for (let row = 0; row < length; row++) if (isWanted(row)) rows[count++] = row;
  return rows.slice(0, count);
}
