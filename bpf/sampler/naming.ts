import type { Symbolizer } from "../symbols/symbolizer.js";
import { NOT_RETURN_HIGH } from "../unwind/layout.js";
import { stackIdOfTexts } from "./content-id.js";
import { FrameTable } from "./frame-table.js";
import { MAX_FRAMES } from "./layout.js";
import type { ProcessTimeline } from "./process-timeline.js";
import type { WindowOptions } from "./protocol.js";
import { ROOT_FRAMES, type StackEnd, stackEnd } from "./stack-end.js";
import type { RawStack, StackTable } from "./stack-table.js";

/** Longest stretch of naming before the ring buffer gets its turn, in milliseconds. */
const SLICE_MS = 10;

/** Most frames of a stack whose inlined functions are all shown; of more addresses the functions alone are. */
export const MAX_INLINED_STACK = 512;

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
  /** By the high half of the address, and by the low one and whether it is a return address. */
  readonly #kernelRows = new Map<number, Map<number, number>>();

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
    const rows: number[] = [];
    this.#addUserPart(stack, rows);
    const rootNames = rows.slice(0, ROOT_FRAMES).map((row) => this.#frames.name[row]);
    this.#addKernelPart(stack, rows);
    const end = stackEnd(stack, this.options, rootNames);
    const key = `${end}:${rows.join(",")}`;
    let row = this.#rowByKey.get(key);
    if (row === undefined) {
      row = this.#ends.length;
      this.#rowByKey.set(key, row);
      this.#ids.push(
        stackIdOfTexts(
          end,
          rows.map((frame) => this.#frames.idText[frame]),
        ),
      );
      this.#ends.push(end);
      for (const frame of rows) this.#rows.push(frame);
      this.#offsets.push(this.#rows.length);
    }
    this.#rowOf.set(raw, row);
  }

  /** Adds the rows of the user part, root first, with at most `maxDepth` frames nearest to the leaf. */
  #addUserPart({ image, kernelBytes, userBytes, words }: RawStack, rows: number[]): void {
    if (this.options.kernelOnly || userBytes <= 0) return;
    const first = Math.max(kernelBytes, 0) >> 3;
    const count = Math.min(userBytes >> 3, this.options.maxDepth ?? MAX_FRAMES);
    for (let i = count - 1; i >= 0; i--) {
      const high = words[2 * (first + i) + 1];
      const isReturn = high < NOT_RETURN_HIGH;
      const address = words[2 * (first + i)] + (isReturn ? high : high - NOT_RETURN_HIGH) * 0x1_0000_0000;
      // A handler's return address is where the trampoline begins that ends the signal: no call is before it.
      const isUnderInterrupted = i + 1 < count && words[2 * (first + i) + 3] >= NOT_RETURN_HIGH;
      const named =
        isReturn && isUnderInterrupted
          ? this.#trampolineRows(image, address)
          : this.#userRows(image, address, isReturn);
      // One row is left for each address that is still to come.
      const room = Math.max(MAX_INLINED_STACK - rows.length - i, 1);
      for (const row of named.length > room ? named.slice(0, room) : named) rows.push(row);
    }
  }

  #addKernelPart({ kernelBytes, words }: RawStack, rows: number[]): void {
    if (this.options.userOnly || kernelBytes <= 0) return;
    const count = Math.min(kernelBytes >> 3, this.options.maxDepth ?? MAX_FRAMES);
    for (let i = count - 1; i >= 0; i--) rows.push(this.#kernelRow(words[2 * i], words[2 * i + 1], i > 0));
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

  #kernelRow(low: number, high: number, isReturn: boolean): number {
    let rows = this.#kernelRows.get(high);
    if (rows === undefined) {
      rows = new Map();
      this.#kernelRows.set(high, rows);
    }
    // The leaf and a call's return address may be the same one, and are looked up at different places.
    const key = 2 * low + Number(isReturn);
    let row = rows.get(key);
    if (row === undefined) {
      const address = ((BigInt(high) << 32n) | BigInt(low)) - (isReturn ? 1n : 0n);
      row = this.#frames.intern(this.symbolizer.kernel(address, { demangle: this.options.demangle }));
      rows.set(key, row);
    }
    return row;
  }
}
