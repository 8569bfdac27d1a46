import { randomInt } from "node:crypto";

/** Distinct stacks of rows of frames, in the order in which they come. A stack of thousands of frames makes no text. */
export class StackRows {
  readonly ends: string[] = [];
  /** Stack `i` has the frames from `offsets[i]` to `offsets[i + 1] - 1`. */
  readonly offsets: number[] = [0];
  #frames = new Int32Array(1024);
  /** The last stack of each hash, and of each stack the one before it of the same. */
  readonly #last = new Map<number, number>();
  readonly #before: number[] = [];

  get length(): number {
    return this.ends.length;
  }

  /** Number of frames of all stacks. */
  get frameCount(): number {
    return this.offsets[this.length];
  }

  /** The frames of all stacks. */
  get frames(): Int32Array {
    return this.#frames.slice(0, this.frameCount);
  }

  /** The frames of one stack, as long as no other is added. */
  framesOf(stack: number): Int32Array {
    return this.#frames.subarray(this.offsets[stack], this.offsets[stack + 1]);
  }

  /** The stack of these frames and this end, or -1. */
  find(frames: readonly number[], end: string): number {
    for (let stack = this.#last.get(hashOf(frames)) ?? -1; stack >= 0; stack = this.#before[stack])
      if (this.ends[stack] === end && this.#has(stack, frames)) return stack;
    return -1;
  }

  /** Adds one that is not there yet. */
  add(frames: readonly number[], end: string): number {
    const at = this.frameCount;
    if (at + frames.length > this.#frames.length) {
      const larger = new Int32Array(2 * (at + frames.length));
      larger.set(this.#frames);
      this.#frames = larger;
    }
    this.#frames.set(frames, at);
    const hash = hashOf(frames);
    this.#before.push(this.#last.get(hash) ?? -1);
    this.#last.set(hash, this.length);
    this.offsets.push(at + frames.length);
    return this.ends.push(end) - 1;
  }

  #has(stack: number, frames: readonly number[]): boolean {
    const from = this.offsets[stack];
    if (this.offsets[stack + 1] - from !== frames.length) return false;
    for (let i = 0; i < frames.length; i++) if (this.#frames[from + i] !== frames[i]) return false;
    return true;
  }
}

/** Another one each time, so that no file can be made whose stacks all have one hash. */
const SEED = randomInt(2 ** 31);

function hashOf(frames: readonly number[]): number {
  let hash = SEED ^ frames.length;
  for (let i = 0; i < frames.length; i++) {
    hash = Math.imul(hash ^ frames[i], 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
