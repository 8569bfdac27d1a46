import type { ProfileData } from "../profile-data.js";
import { mergedMeta } from "./merged-meta.js";

/** The stacks of several profiles, without their samples and threads. */
export function joinedStacks(profiles: readonly ProfileData[]): ProfileData {
  const frameBase = bases(profiles.map(({ frames }) => frames.name.length));
  const itemBase = bases(profiles.map(({ stacks }) => stacks.frames.length));
  const list = <Value>(of: (profile: ProfileData) => readonly Value[]) => profiles.flatMap(of);
  const ids = (of: (profile: ProfileData) => BigInt64Array) =>
    BigInt64Array.from(profiles.flatMap((profile) => Array.from(of(profile))));
  return {
    samples: {
      atMs: new Float64Array(),
      cpu: new Int32Array(),
      thread: new Int32Array(),
      stack: new Int32Array(),
      weight: new Float64Array(),
    },
    stacks: {
      id: ids(({ stacks }) => stacks.id),
      offsets: Int32Array.from([
        0,
        ...profiles.flatMap(({ stacks }, i) =>
          Array.from(stacks.offsets.subarray(1), (offset) => itemBase[i] + offset),
        ),
      ]),
      frames: Int32Array.from(
        profiles.flatMap(({ stacks }, i) => Array.from(stacks.frames, (frame) => frameBase[i] + frame)),
      ),
      end: list(({ stacks }) => stacks.end),
    },
    frames: {
      id: ids(({ frames }) => frames.id),
      name: list(({ frames }) => frames.name),
      module: list(({ frames }) => frames.module),
      kind: list(({ frames }) => frames.kind),
      file: list(({ frames }) => frames.file),
      line: list(({ frames }) => frames.line),
      column: list(({ frames }) => frames.column),
    },
    threads: { pid: new Int32Array(), tid: new Int32Array(), process: [], comm: [] },
    meta: mergedMeta(profiles.map(({ meta }) => meta)),
  };
}

/** Where each of several lists begins that are put behind each other. */
function bases(lengths: readonly number[]): number[] {
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return at - length;
  });
}
