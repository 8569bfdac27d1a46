import type { Symbolizer } from "../symbols/symbolizer.js";
import { NOT_RETURN_HIGH } from "../unwind/layout.js";
import { stackId } from "./content-id.js";
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
 * A return address points behind the call: it is looked up one byte earlier, here and nowhere else. What is not one, the
 * innermost address and those that a signal interrupted, is marked.
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
  readonly #userRowsOf = new Map<number, Map<number, number[]>>();
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
      this.#ids.push(
        stackId(
          end,
          rows.map((frame) => this.#frames.id[frame]),
        ),
      );
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
    const rows = new Array<number[]>(count);
    for (let i = 0; i < count; i++) {
      const high = words[2 * (first + i) + 1];
      const isReturn = high < NOT_RETURN_HIGH;
      const address = words[2 * (first + i)] + (isReturn ? high : high - NOT_RETURN_HIGH) * 0x1_0000_0000;
      // A handler's return address is where the trampoline begins that ends the signal: no call is before it.
      const isUnderInterrupted = i + 1 < count && words[2 * (first + i) + 3] >= NOT_RETURN_HIGH;
      rows[count - 1 - i] =
        isReturn && isUnderInterrupted
          ? this.#trampolineRows(image, address)
          : this.#userRows(image, address, isReturn);
    }
    return rows.flat();
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

  /** Those of the address itself where another function ends before it. */
  #trampolineRows(image: number, address: number): number[] {
    const behindCall = this.#userRows(image, address, true);
    const atStart = this.#userRows(image, address, false);
    return this.#frames.name[behindCall[0]] === this.#frames.name[atStart[0]] ? behindCall : atStart;
  }

  /** Rows of an address: the function, then what is inlined there. */
  #userRows(number: number, sampled: number, isReturn: boolean): number[] {
    const address = isReturn ? sampled - 1 : sampled;
    let known = this.#userRowsOf.get(number);
    if (known === undefined) {
      known = new Map();
      this.#userRowsOf.set(number, known);
    }
    let rows = known.get(address);
    if (rows === undefined) {
      const image = this.processes.get(number);
      const options = { displayed: sampled, demangle: this.options.demangle };
      const frames = this.symbolizer.user(image?.pid ?? 0, image?.mappings, address, options);
      rows = frames.map((frame) => this.#frames.intern(frame));
      known.set(address, rows);
    }
    return rows;
  }

  #kernelRow(address: bigint): number {
    let row = this.#kernelRows.get(address);
    if (row === undefined) {
      row = this.#frames.intern(this.symbolizer.kernel(address, { demangle: this.options.demangle }));
      this.#kernelRows.set(address, row);
    }
    return row;
  }
}
