import { contentId, frameKey, idText, stackIdOfTexts } from "../../../bpf/sampler/content-id.js";
import type { FrameKind, ProfileData } from "../profile-data.js";
import { rowsWhere, selectSamples } from "../select-samples.js";
import { withStack } from "../with-stack.js";
import { keepSamples } from "./keep-samples.js";

type Stacks = ProfileData["stacks"];
type Frames = ProfileData["frames"];

/** The stacks of a profile made anew: equal ones are one, and each has the id of its content. */
export class NewStacks {
  readonly #rows = new Map<string, number>();
  readonly #offsets: number[] = [0];
  readonly #stackFrames: number[] = [];
  readonly #ends: string[] = [];
  readonly #added = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #modules: string[] = [];
  readonly #kinds: FrameKind[] = [];

  constructor(private readonly data: ProfileData) {}

  /** The row of a frame that no function was: a group of frames, a thread. */
  frame(name: string, module: string, kind: FrameKind): number {
    const key = JSON.stringify([name, module, kind]);
    let row = this.#added.get(key);
    if (row === undefined) {
      row = this.data.frames.name.length + this.#names.length;
      this.#added.set(key, row);
      this.#names.push(name);
      this.#modules.push(module);
      this.#kinds.push(kind);
    }
    return row;
  }

  /** The row of the stack of these frames, root first. */
  stack(frames: ArrayLike<number>, end: string): number {
    const key = `${end}\0${Array.prototype.join.call(frames, ",")}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = this.add(frames, end);
      this.#rows.set(key, row);
    }
    return row;
  }

  /** Adds a stack that is known to be another one than all before. */
  add(frames: ArrayLike<number>, end: string): number {
    for (let i = 0; i < frames.length; i++) this.#stackFrames.push(frames[i]);
    this.#offsets.push(this.#stackFrames.length);
    return this.#ends.push(end) - 1;
  }

  /** The profile with these stacks. @param stackOf For each sample, its stack; -1 leaves it out. */
  profile(stackOf: Int32Array, verb: string): ProfileData {
    const frames = this.#frames();
    const changed = {
      ...this.data,
      samples: withStack(this.data.samples, stackOf),
      frames,
      stacks: this.#stacks(frames.id),
    };
    const kept = rowsWhere(stackOf.length, (i) => stackOf[i] >= 0);
    const result = keepSamples(changed, kept, verb);
    // Of frames that no stack has any more, nothing stays.
    return kept.length < stackOf.length ? result : { ...selectSamples(result, kept), meta: result.meta };
  }

  #frames(): Frames {
    const { frames } = this.data;
    const gaps = this.#names.map(() => null);
    const ids = this.#names.map((name, i) => contentId(frameKey(this.#modules[i], name)));
    return {
      id: BigInt64Array.from([...frames.id, ...ids]),
      name: [...frames.name, ...this.#names],
      module: [...frames.module, ...this.#modules],
      kind: [...frames.kind, ...this.#kinds],
      file: [...frames.file, ...gaps],
      line: [...frames.line, ...gaps],
      column: [...frames.column, ...gaps],
    };
  }

  #stacks(frameIds: BigInt64Array): Stacks {
    const offsets = Int32Array.from(this.#offsets);
    const frames = Int32Array.from(this.#stackFrames);
    const texts = Array.from(frameIds, idText);
    const id = BigInt64Array.from(this.#ends, (end, i) =>
      stackIdOfTexts(
        end,
        Array.from(frames.subarray(offsets[i], offsets[i + 1]), (f) => texts[f]),
      ),
    );
    return { id, offsets, frames, end: this.#ends };
  }
}

/**
 * Rewrites each stack once. @param rewrite The frames of a stack, root first, as they shall be; undefined leaves out its samples.
 */
export function restacked(
  data: ProfileData,
  verb: string,
  rewrite: (frames: Int32Array, made: NewStacks) => ArrayLike<number> | undefined,
): ProfileData {
  const { stacks, samples } = data;
  const made = new NewStacks(data);
  const newRow = Int32Array.from(stacks.end, (end, stack) => {
    const frames = rewrite(stacks.frames.subarray(stacks.offsets[stack], stacks.offsets[stack + 1]), made);
    return frames ? made.stack(frames, end) : -1;
  });
  return made.profile(
    samples.stack.map((stack) => newRow[stack]),
    verb,
  );
}
