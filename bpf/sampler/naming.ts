import type { Symbolizer } from "../symbols/symbolizer.js";
import { contentId } from "./content-id.js";
import { FrameTable } from "./frame-table.js";
import { MAX_FRAMES } from "./layout.js";
import type { ProcessTimeline } from "./process-timeline.js";
import type { WindowOptions } from "./protocol.js";
import { type StackEnd, stackEnd } from "./stack-end.js";
import type { RawStack, StackTable } from "./stack-table.js";

/** Longest stretch of naming before the ring buffer gets its turn, in milliseconds. */
const SLICE_MS = 10;

/** Stacks and frames as they cross the socket, and where each raw stack went. */
export interface NamedStacks {
  stacks: { id: BigInt64Array; offsets: Int32Array; frames: Int32Array; end: StackEnd[] };
  frames: ReturnType<FrameTable["columns"]>;
  /** Raw stack → row of `stacks`. */
  rowOf: Map<number, number>;
}

/**
 * Names the stacks of a window: each distinct address once, equal stacks of names as one row.
 *
 * Every address of a stack but the innermost one is a return address, which points behind the call; it is looked up one
 * byte earlier, here and nowhere else.
 */
export class StackNamer {
  readonly #frames = new FrameTable();
  readonly #offsets: number[] = [0];
  readonly #rows: number[] = [];
  readonly #ids: bigint[] = [];
  readonly #ends: StackEnd[] = [];
  readonly #rowOf = new Map<number, number>();
  readonly #rowByKey = new Map<string, number>();
  /** By process image and address. */
  readonly #userRows = new Map<number, Map<number, number>>();
  readonly #kernelRows = new Map<bigint, number>();

  constructor(
    private readonly table: StackTable,
    private readonly processes: Pick<ProcessTimeline, "get">,
    private readonly symbolizer: Symbolizer,
    private readonly options: WindowOptions,
  ) {}

  async name(rawStacks: Iterable<number>): Promise<NamedStacks> {
    let sliceStart = performance.now();
    for (const raw of rawStacks) {
      this.#add(raw);
      if (performance.now() - sliceStart < SLICE_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      sliceStart = performance.now();
    }
    return {
      stacks: {
        id: BigInt64Array.from(this.#ids),
        offsets: Int32Array.from(this.#offsets),
        frames: Int32Array.from(this.#rows),
        end: this.#ends,
      },
      frames: this.#frames.columns(),
      rowOf: this.#rowOf,
    };
  }

  #add(raw: number): void {
    const stack = this.table.get(raw);
    const rows = [...this.#userPart(stack), ...this.#kernelPart(stack)];
    const userNames = rows
      .filter((row) => this.#frames.kind[row] !== "kernel")
      .map((row) => this.#frames.name[row]);
    const end = stackEnd(stack, this.options, userNames);
    const key = `${end}:${rows.join(",")}`;
    let row = this.#rowByKey.get(key);
    if (row === undefined) {
      row = this.#ends.length;
      this.#rowByKey.set(key, row);
      this.#ids.push(contentId(end, ...rows.map((frame) => this.#frames.id[frame].toString(16))));
      this.#ends.push(end);
      for (const frame of rows) this.#rows.push(frame);
      this.#offsets.push(this.#rows.length);
    }
    this.#rowOf.set(raw, row);
  }

  /** Rows of the user part, root first, with at most `maxDepth` frames nearest to the leaf. */
  #userPart({ image, kernelBytes, userBytes, words }: RawStack): number[] {
    if (this.options.kernelOnly || userBytes <= 0) return [];
    const first = Math.max(kernelBytes, 0) >> 3;
    const count = Math.min(userBytes >> 3, this.options.maxDepth ?? MAX_FRAMES);
    const rows = new Array<number>(count);
    for (let i = 0; i < count; i++) {
      const address = words[2 * (first + i)] + words[2 * (first + i) + 1] * 0x1_0000_0000;
      rows[count - 1 - i] = this.#userRow(image, address, i > 0);
    }
    return rows;
  }

  #kernelPart({ kernelBytes, words }: RawStack): number[] {
    if (this.options.userOnly || kernelBytes <= 0) return [];
    const count = Math.min(kernelBytes >> 3, this.options.maxDepth ?? MAX_FRAMES);
    const rows = new Array<number>(count);
    for (let i = 0; i < count; i++) {
      const address = (BigInt(words[2 * i + 1]) << 32n) | BigInt(words[2 * i]);
      rows[count - 1 - i] = this.#kernelRow(i === 0 ? address : address - 1n);
    }
    return rows;
  }

  #userRow(number: number, sampled: number, isReturn: boolean): number {
    const address = isReturn ? sampled - 1 : sampled;
    let rows = this.#userRows.get(number);
    if (rows === undefined) {
      rows = new Map();
      this.#userRows.set(number, rows);
    }
    let row = rows.get(address);
    if (row === undefined) {
      const image = this.processes.get(number);
      row = this.#frames.intern(this.symbolizer.user(image?.pid ?? 0, image?.mappings, address, sampled));
      rows.set(address, row);
    }
    return row;
  }

  #kernelRow(address: bigint): number {
    let row = this.#kernelRows.get(address);
    if (row === undefined) {
      row = this.#frames.intern(this.symbolizer.kernel(address));
      this.#kernelRows.set(address, row);
    }
    return row;
  }
}
