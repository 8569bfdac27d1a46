import { contentId, frameKey, idText, stackIdOfTexts } from "../../bpf/sampler/content-id.js";
import type { ProfileData, ProfileMeta } from "../dataframe/profile-data.js";
import { StackRows } from "./stack-rows.js";

type Columns = ProfileData["frames"];
/** One row of {@link ProfileData.frames}, without its id. */
export type NewFrame = { [Name in Exclude<keyof Columns, "id">]: Columns[Name][number] };

export interface NewSample {
  /** NaN where the file does not say. */
  atMs?: number;
  cpu?: number;
  thread: number;
  stack: number;
  weight: number;
  /** 1 without it. */
  count?: number;
}

/** How a stack ended that another tool unwound: it does not say. */
export const UNKNOWN_END = "unknown";
/**
 * Frames of all distinct stacks together, for each byte of the file, and what any file may have: a small file of a deep tree
 * must not take all memory.
 */
const FRAMES_A_BYTE = 4;
const MIN_FRAMES = 2 * 1024 * 1024;
/** The same of all stacks that a reader gives, equal ones too: a byte may stand for many frames that are inlined. */
const FRAMES_SEEN_A_BYTE = 16;
const MIN_FRAMES_SEEN = 16 * 1024 * 1024;
/** Frames of one stack. */
export const MAX_DEPTH = 16_384;

/** A profile in the making, of what a file says; equal frames, stacks and threads are one row. */
export class ProfileBuilder {
  readonly #frames = new Rows<NewFrame & { id: bigint }>();
  readonly #threads = new Rows<{ pid: number; tid: number; process: string; comm: string }>();
  readonly #stacks = new StackRows();
  readonly #samples: Required<NewSample>[] = [];
  #isCounted = false;

  readonly #maxFrames: number;
  readonly #maxFramesSeen: number;
  #framesSeen = 0;

  /**
   * @param fileBytes Size of the file, unpacked.
   * @param tooLarge Throws the reader's error, with the limit that the file is over.
   */
  constructor(
    fileBytes: number,
    private readonly tooLarge: (limit: string) => never,
  ) {
    this.#maxFramesSeen = Math.max(MIN_FRAMES_SEEN, FRAMES_SEEN_A_BYTE * fileBytes);
    this.#maxFrames = Math.max(MIN_FRAMES, FRAMES_A_BYTE * fileBytes);
  }

  frame(frame: NewFrame): number {
    const { module, name, kind, file, line, column } = frame;
    const isMade = kind === "jit" && file !== null;
    const place = isMade ? `${file}:${line ?? ""}:${column ?? ""}` : kind === "inlined" ? kind : "";
    const key = frameKey(module, name, place);
    return this.#frames.row(`${kind}\0${key}`, () => ({ id: contentId(key), ...frame }));
  }

  /** @param frames Root first. */
  stack(frames: readonly number[], end = UNKNOWN_END): number {
    if (frames.length > MAX_DEPTH) this.tooLarge(`at most ${MAX_DEPTH} frames in a stack`);
    this.#framesSeen += frames.length;
    if (this.#framesSeen > this.#maxFramesSeen)
      this.tooLarge(`samples of at most ${this.#maxFramesSeen} frames in all, in a file of this size`);
    const known = this.#stacks.find(frames, end);
    if (known >= 0) return known;
    if (this.#stacks.frameCount + frames.length > this.#maxFrames)
      this.tooLarge(`stacks of at most ${this.#maxFrames} frames in all, in a file of this size`);
    return this.#stacks.add(frames, end);
  }

  thread(pid: number, tid: number, process: string, comm: string): number {
    const row = { pid, tid, process, comm };
    return this.#threads.row(`${pid}:${tid}:${process}\0${comm}`, () => row);
  }

  sample({ atMs = Number.NaN, cpu = -1, thread, stack, weight, count = 1 }: NewSample): void {
    if (count !== 1) this.#isCounted = true;
    this.#samples.push({ atMs, cpu, thread, stack, weight, count });
  }

  /** Number of samples so far. */
  get samples(): number {
    return this.#samples.reduce((sum, { count }) => sum + count, 0);
  }

  build(meta: ProfileMeta): ProfileData {
    const rows = this.#samples;
    if (rows.some(({ atMs }, i) => i > 0 && atMs < rows[i - 1].atMs)) rows.sort((a, b) => a.atMs - b.atMs);
    const frames = this.#frames.rows;
    const stacks = this.#stacks;
    const texts = frames.map(({ id }) => idText(id));
    const idOf = (end: string, stack: number) =>
      stackIdOfTexts(
        end,
        Array.from(stacks.framesOf(stack), (frame) => texts[frame]),
      );
    const threads = this.#threads.rows;
    return {
      samples: {
        atMs: Float64Array.from(rows, ({ atMs }) => atMs),
        cpu: Int32Array.from(rows, ({ cpu }) => cpu),
        thread: Int32Array.from(rows, ({ thread }) => thread),
        stack: Int32Array.from(rows, ({ stack }) => stack),
        weight: Float64Array.from(rows, ({ weight }) => weight),
        ...(this.#isCounted ? { count: Float64Array.from(rows, ({ count }) => count) } : {}),
      },
      stacks: {
        id: BigInt64Array.from(stacks.ends, idOf),
        offsets: Int32Array.from(stacks.offsets),
        frames: stacks.frames,
        end: stacks.ends,
      },
      frames: {
        id: BigInt64Array.from(frames, ({ id }) => id),
        name: frames.map(({ name }) => name),
        module: frames.map(({ module }) => module),
        kind: frames.map(({ kind }) => kind),
        file: frames.map(({ file }) => file),
        line: frames.map(({ line }) => line),
        column: frames.map(({ column }) => column),
      },
      threads: {
        pid: Int32Array.from(threads, ({ pid }) => pid),
        tid: Int32Array.from(threads, ({ tid }) => tid),
        process: threads.map(({ process }) => process),
        comm: threads.map(({ comm }) => comm),
      },
      meta,
    };
  }
}

/** Distinct rows in the order in which they come. */
class Rows<Row> {
  readonly rows: Row[] = [];
  readonly #known = new Map<string, number>();

  row(key: string, make: () => Row): number {
    let row = this.#known.get(key);
    if (row === undefined) {
      row = this.rows.push(make()) - 1;
      this.#known.set(key, row);
    }
    return row;
  }
}
