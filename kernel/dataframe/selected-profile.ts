import type { ProfileData } from "./profile-data.js";
import type { ProfileLink } from "./profile-link.js";

/** The profile of what the rows of a frame stand for alone: nothing else of it leaves with a file. */
export function selectedProfile({ members, rows }: ProfileLink): ProfileData {
  const { data, ofSample } = rows;
  const { samples, stacks, frames, threads } = data;
  const isWanted = new Uint8Array(rows.samples.length);
  for (const row of members) isWanted[row] = 1;
  const kept = Int32Array.from(ofSample.keys()).filter((i) => isWanted[ofSample[i]] === 1);
  if (kept.length === ofSample.length) return data;

  const thread = new Renumbered(threads.pid.length);
  const stack = new Renumbered(stacks.end.length);
  const frame = new Renumbered(frames.name.length);
  const newSamples = {
    atMs: Float64Array.from(kept, (i) => samples.atMs[i]),
    cpu: kept.map((i) => samples.cpu[i]),
    thread: kept.map((i) => thread.row(samples.thread[i])),
    stack: kept.map((i) => stack.row(samples.stack[i])),
    weight: Float64Array.from(kept, (i) => samples.weight[i]),
    ...(samples.count ? { count: Float64Array.from(kept, (i) => samples.count![i]) } : {}),
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

  list<T>(column: readonly T[]): T[] {
    return this.kept.map((old) => column[old]);
  }

  take(column: BigInt64Array): BigInt64Array {
    return BigInt64Array.from(this.kept, (old) => column[old]);
  }
}
