import { UNWIND_ENDS, type WalkEnd } from "../unwind/layout.js";
import { finishWalk, WalkMappings } from "./finish-walk.js";
import type { PendingSample } from "./pending-sample.js";
import type { ProcessImage } from "./process-image.js";
import type { StackTable } from "./stack-table.js";
import type { Unwinding } from "./unwinding.js";

/** Most memory of copied stacks; beyond it the oldest are walked with what is there. */
const MAX_BYTES = 64 << 20;
/** Longest wait for tables at a window's end, in milliseconds. */
const READY_WAIT_MS = 5000;
/** Longest stretch of walking before the rings get their turn, in milliseconds. */
const SLICE_MS = 5;

/** Samples that came before their tables, kept with the top of their stacks until these are there. */
export class PendingSamples {
  #waiting: PendingSample[] = [];
  #bytes = 0;
  #finishing: Promise<void> = Promise.resolve();

  constructor(
    private readonly stacks: StackTable,
    private readonly unwinding: Pick<Unwinding, "mappingsOf" | "readCode" | "ready">,
  ) {}

  add(sample: PendingSample): void {
    this.#waiting.push(sample);
    this.#bytes += sample.stackCopy.byteLength;
    if (this.#bytes <= MAX_BYTES) return;
    const oldest = this.#waiting.splice(0, Math.ceil(this.#waiting.length / 4));
    const mappings = new Map<ProcessImage, WalkMappings>();
    for (const old of oldest) this.#finish(old, mappings, "over-budget");
  }

  /** Finishes what can be finished now, for a short time. */
  advance(): void {
    if (this.#waiting.length === 0) return;
    const mappings = new Map<ProcessImage, WalkMappings>();
    const until = performance.now() + SLICE_MS;
    const kept: PendingSample[] = [];
    let next = 0;
    for (; next < this.#waiting.length && performance.now() < until; next++)
      if (!this.#finish(this.#waiting[next], mappings)) kept.push(this.#waiting[next]);
    // Those that wait for a table go behind, so that they do not hold up the others.
    this.#waiting = [...this.#waiting.slice(next), ...kept];
  }

  /**
   * Finishes all that wait now: with their tables when these come in time, else as far as it goes. Two windows may end
   * at once; what the first has taken up is finished for the second too.
   */
  finish(): Promise<void> {
    const next = () => this.#finishWaiting();
    this.#finishing = this.#finishing.then(next, next);
    return this.#finishing;
  }

  async #finishWaiting(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const samples = this.#waiting;
    this.#waiting = [];
    await this.unwinding.ready(new Set(samples.map(({ image }) => image)), READY_WAIT_MS);
    const mappings = new Map<ProcessImage, WalkMappings>();
    let sliceStart = performance.now();
    for (const sample of samples) {
      this.#finish(sample, mappings, "no-table");
      if (performance.now() - sliceStart < SLICE_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      sliceStart = performance.now();
    }
  }

  /**
   * Walks a sample on and replaces its stack.
   *
   * @param otherwise how the walk is said to have ended where a table is still missing
   * @returns false when a table is missing, and `otherwise` too
   */
  #finish(sample: PendingSample, known: Map<ProcessImage, WalkMappings>, otherwise?: WalkEnd): boolean {
    const { image, stack } = sample;
    let mappings = known.get(image);
    if (mappings === undefined) {
      mappings = new WalkMappings(this.unwinding.mappingsOf(image), (mapping, address, length) =>
        this.unwinding.readCode(image, mapping.mapping, address, length),
      );
      known.set(image, mappings);
    }
    const { kernelBytes, words } = this.stacks.get(stack);
    const { addresses, end } = finishWalk(sample, words.subarray(Math.max(kernelBytes, 0) >> 2), mappings);
    if (end === "pending" && otherwise === undefined) return false;
    const last = end === "pending" ? (otherwise as WalkEnd) : end;
    this.stacks.finish(stack, addresses, UNWIND_ENDS.indexOf(last));
    this.#bytes -= sample.stackCopy.byteLength;
    return true;
  }
}
