import { readFileSync } from "node:fs";
import type { CfiSection } from "./cfi-sections.js";
import { CfiState } from "./cfi-state.js";
import { BUCKET_SHIFT } from "./layout.js";
import type { RareRows, RowWords } from "./rare-rows.js";
import type { UncoveredCode } from "./uncovered-code.js";
import type { UnwindTable } from "./unwind-table.js";

/** Unwind data that C++ without frame pointers has for each row, where it is densest. */
const BYTES_PER_ROW = 6;
/** Words of `struct cfi_state`. */
const STATE_WORDS = 10;

/** From the first to the last executable byte of a file. */
export interface TextRange {
  start: number;
  bytes: number;
}

/** What unwind data do not tell. Places are counted from the text's start. */
interface SpecialPlaces {
  /** Of the program, which no call leads to; or -1. */
  entry: number;
  /** Starts of functions that return to where no frame may be, and of others that save rbp first, too, without saying so. */
  returningAnywhere: readonly number[];
  savingRbp: readonly number[];
  /** Parts of functions with a row of their own. */
  parts: readonly { start: number; end: number; words: RowWords }[];
  /** The code, for where there are no unwind data at all. */
  uncovered?: UncoveredCode;
}

/** What cfi/table.c exports; places in its memory are numbers. */
interface Exports {
  memory: { readonly buffer: ArrayBuffer };
  reserve(bytes: number): number;
  addSection(
    bytes: number,
    size: number,
    address: number,
    text: number,
    data: number,
    isEhFrame: number,
    endsAtZero: number,
    textStart: number,
    textBytes: number,
  ): void;
  writeTable(
    textBytes: number,
    textStart: number,
    buckets: number,
    expectedRows: number,
    entry: number,
    functions: number,
    functionCount: number,
    parts: number,
    partCount: number,
  ): number;
  extent(): number;
  rows(): number;
  rowCount(): number;
  index(): number;
  unsupportedRows(): number;
}

let compiled: WebAssembly.Module | undefined;

/**
 * The program that runs unwind instructions and writes rows (cfi/table.c), with memory of its own, for one table.
 *
 * WebAssembly, since a table is what a thread begins with: as JavaScript most of it ran before it was compiled.
 */
export class CfiProgram {
  readonly #exports: Exports;
  readonly #sections: CfiSection[] = [];
  #rare: RareRows | undefined;
  #uncovered: UncoveredCode | undefined;

  constructor() {
    compiled ??= new WebAssembly.Module(readFileSync(new URL("./cfi.wasm", import.meta.url)));
    const host = {
      dereference: (section: number, address: number) =>
        this.#sections[section].bases.dereference(address) ?? Number.NaN,
      encode: (state: number, section: number, isSignalFrame: number, flags: number, row: number) =>
        this.#give(row, this.#rare?.encode(this.#state(state), section, isSignalFrame !== 0, flags)),
      handlerEntry: (pc: number, lastPc: number, row: number) => {
        const entry = this.#rare?.handlerEntry(pc, lastPc);
        this.#give(row, entry?.words);
        return entry?.from ?? 0;
      },
      readCode: (start: number, size: number, place: number) => {
        const code = new Uint8Array(this.#exports.memory.buffer, place, size);
        return this.#uncovered?.read(start, code) ?? 0;
      },
      markFunctions: (start: number, size: number, place: number) => {
        const marks = new Uint8Array(this.#exports.memory.buffer, place, size);
        for (const function_ of this.#uncovered?.functions(start, size) ?? []) marks[function_ - start] |= 1;
      },
    };
    this.#exports = new WebAssembly.Instance(compiled, { host }).exports as unknown as Exports;
  }

  /**
   * Reads the functions of a section; those of `.debug_frame` count where no section before has one.
   *
   * @returns from the first to the last byte of all its functions, from the text's start; empty when it has none
   */
  addSection(section: CfiSection, text: TextRange): { start: number; end: number } {
    this.#sections.push(section);
    const { bytes, address, bases, isEhFrame, endsAtZero } = section;
    this.#exports.addSection(
      this.#copy(bytes),
      bytes.length,
      address,
      bases.text ?? Number.NaN,
      bases.data ?? Number.NaN,
      Number(isEhFrame),
      Number(endsAtZero),
      text.start,
      text.bytes,
    );
    const [start, end] = this.#words(this.#exports.extent(), 2);
    return { start, end };
  }

  /**
   * Writes the rows of all sections; call it once.
   *
   * @param rare encodes the states that are out of the ordinary
   */
  writeTable(
    text: TextRange,
    { entry, returningAnywhere, savingRbp, parts, uncovered }: SpecialPlaces,
    rare: RareRows,
  ): Omit<UnwindTable, "rules" | "firstBucket"> {
    this.#rare = rare;
    this.#uncovered = uncovered;
    const program = this.#exports;
    const buckets = Math.ceil(text.bytes / (1 << BUCKET_SHIFT));
    const bytes = this.#sections.reduce((sum, section) => sum + section.bytes.length, 0);
    const special = [
      ...returningAnywhere.map((start) => [start, 1]),
      ...savingRbp.map((start) => [start, 0]),
    ];
    const functions = program.writeTable(
      text.bytes,
      text.start,
      buckets,
      Math.ceil(bytes / BYTES_PER_ROW),
      entry,
      this.#copyWords(special.flat()),
      special.length,
      this.#copyWords(parts.flatMap(({ start, end, words }) => [start, end, ...words])),
      parts.length,
    );
    return {
      rows: this.#words(program.rows(), program.rowCount() * 2).slice(),
      index: this.#words(program.index(), buckets).slice(),
      functions,
      unsupportedRows: program.unsupportedRows(),
    };
  }

  #copy(bytes: Uint8Array): number {
    const place = this.#exports.reserve(bytes.length);
    new Uint8Array(this.#exports.memory.buffer, place, bytes.length).set(bytes);
    return place;
  }

  #copyWords(words: readonly number[]): number {
    return this.#copy(new Uint8Array(Int32Array.from(words).buffer));
  }

  #words(place: number, count: number): Uint32Array {
    return new Uint32Array(this.#exports.memory.buffer, place, count);
  }

  #give(row: number, words: RowWords | undefined): void {
    if (words !== undefined) new Int32Array(this.#exports.memory.buffer, row, 2).set(words);
  }

  #state(place: number): CfiState {
    return CfiState.from(new Int32Array(this.#exports.memory.buffer, place, STATE_WORDS));
  }
}
