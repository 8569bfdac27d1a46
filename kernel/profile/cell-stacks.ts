import { stackId } from "../../bpf/sampler/content-id.js";
import type { ProfileData } from "../dataframe/profile-data.js";
import { withStack } from "../dataframe/with-stack.js";
import { cellFrame } from "./cell-frame.js";
import { type FrameRow, FrameRows } from "./frame-rows.js";

/** Stands for all that lies above the first code of a cell: Node's start, V8's entry, our runner. */
const MACHINERY: FrameRow = {
  name: "[proflab kernel]",
  module: "[proflab kernel]",
  kind: "user",
  file: null,
  line: null,
  column: null,
};

/**
 * The profile with the stacks of process `pid`, which is this one, as its notebook's author knows them.
 *
 * Code of cells is named by cell and line, and what is above the first of it becomes one frame, unless `internals`. Stacks
 * without code of a cell stay: garbage collection, compilers and other threads work for the cell too. Stacks that are
 * equal then are one row. Samples, their threads and weights, and `meta` are those of `data`.
 */
export function cellStacks(data: ProfileData, pid: number, internals = false): ProfileData {
  const { samples, stacks, threads } = data;
  const frames = new FrameRows(data.frames);
  const cells = Array.from(data.frames.name, (_, row) => cellFrame(frames.read(row)));
  if (!cells.some((frame) => frame !== undefined)) return data;

  const shown = new Map<FrameRow, number>();
  const rowOf = (frame: FrameRow): number => {
    const known = shown.get(frame) ?? frames.add(frame);
    shown.set(frame, known);
    return known;
  };
  const rowsOf = (stack: number) => stacks.frames.subarray(stacks.offsets[stack], stacks.offsets[stack + 1]);
  const kept = (stack: number) => Array.from(rowsOf(stack), (row) => frames.keep(row));
  const rewritten = (stack: number) => {
    const rows = rowsOf(stack);
    const first = rows.findIndex((row) => cells[row] !== undefined);
    const isFolded = first > 0 && !internals;
    const named = Array.from(isFolded ? rows.subarray(first) : rows, (row) => {
      const cell = cells[row];
      return cell ? rowOf(cell) : frames.keep(row);
    });
    return isFolded ? [rowOf(MACHINERY), ...named] : named;
  };

  const made = new StackRows(frames);
  // A stack may be of several processes: two notebooks' kernels have equal names.
  const own = new Map<number, number>();
  const others = new Map<number, number>();
  const { thread } = samples;
  const stack = samples.stack.map((row, sample) => {
    const isOwn = threads.pid[thread[sample]] === pid;
    const known = isOwn ? own : others;
    const done = known.get(row) ?? made.add(stacks.end[row], isOwn ? rewritten(row) : kept(row));
    known.set(row, done);
    return done;
  });
  return { ...data, samples: withStack(samples, stack), stacks: made.columns(), frames: frames.columns() };
}

/** Stacks in the making; equal ones are one row. */
class StackRows {
  readonly #ids: bigint[] = [];
  readonly #ends: string[] = [];
  readonly #offsets = [0];
  readonly #frames: number[] = [];
  readonly #known = new Map<string, number>();

  constructor(private readonly frames: FrameRows) {}

  add(end: string, rows: readonly number[]): number {
    const key = `${end}:${rows.join(",")}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.#ends.length);
    const ids = rows.map((row) => this.frames.id(row));
    this.#ids.push(stackId(end, ids));
    for (const row of rows) this.#frames.push(row);
    this.#offsets.push(this.#frames.length);
    return this.#ends.push(end) - 1;
  }

  columns(): ProfileData["stacks"] {
    return {
      id: BigInt64Array.from(this.#ids),
      offsets: Int32Array.from(this.#offsets),
      frames: Int32Array.from(this.#frames),
      end: this.#ends,
    };
  }
}
