import type { FrameKind, ProfileData } from "../../kernel/dataframe/profile-data.js";
import { exampleMeta } from "./samples.js";

export interface RandomShape {
  samples: number;
  stacks: number;
  functions: number;
  threads: number;
  /** Frames in a stack, at most. */
  maxDepth: number;
}

const KINDS: readonly FrameKind[] = ["user", "kernel", "jit", "inlined"];
const ENDS = ["complete", "depth", "bad-frame-pointer"];

/**
 * A profile of random stacks, with recursion, in which the function `i` is called `f<i>` and is in one of eight modules;
 * low numbers are frequent, as in life. Names of processes, threads and functions have letters and digits alone.
 */
export function randomProfile(random: () => number, shape: RandomShape): ProfileData {
  const below = (limit: number) => Math.floor(random() * limit);
  const often = (limit: number) => Math.floor(random() ** 3 * limit);
  const { samples: count, stacks, functions, threads } = shape;
  const offsets = new Int32Array(stacks + 1);
  for (let i = 0; i < stacks; i++) offsets[i + 1] = offsets[i] + 1 + below(shape.maxDepth);
  const times = Float64Array.from({ length: count }, () => Math.round(random() * 1e6) / 1000).sort();
  return {
    samples: {
      atMs: times,
      cpu: Int32Array.from({ length: count }, () => below(4)),
      thread: Int32Array.from({ length: count }, () => often(threads)),
      stack: Int32Array.from({ length: count }, () => often(stacks)),
      weight: new Float64Array(count).fill(1e6),
    },
    stacks: {
      id: BigInt64Array.from({ length: stacks }, (_, i) => 1000n + BigInt(i)),
      offsets,
      frames: Int32Array.from({ length: offsets[stacks] }, () => often(functions)),
      end: Array.from({ length: stacks }, () => ENDS[often(ENDS.length)]),
    },
    frames: {
      id: BigInt64Array.from({ length: functions }, (_, i) => 1_000_000n + BigInt(i)),
      name: Array.from({ length: functions }, (_, i) => `f${i}`),
      module: Array.from({ length: functions }, (_, i) => (i % 4 === 1 ? "[kernel]" : `lib${i % 8}`)),
      kind: Array.from({ length: functions }, (_, i) => KINDS[i % 4]),
      file: new Array(functions).fill(null),
      line: new Array(functions).fill(null),
      column: new Array(functions).fill(null),
    },
    threads: {
      pid: Int32Array.from({ length: threads }, (_, i) => 100 + (i >> 1)),
      tid: Int32Array.from({ length: threads }, (_, i) => 200 + i),
      process: Array.from({ length: threads }, (_, i) => `process${i >> 1}`),
      comm: Array.from({ length: threads }, (_, i) => `thread${i % 3}`),
    },
    meta: exampleMeta(count),
  };
}
