import { type CfiSection, readEntries } from "./cfi-entries.js";
import { CfiMachine } from "./cfi-machine.js";
import { FDE_CIE, FDE_CODE, FDE_CODE_END, FDE_END, FDE_START, FDE_WORDS, FdeList } from "./fde-list.js";
import type { RowWriter } from "./row-writer.js";

/** From the first to the last executable byte of a file. */
export interface TextRange {
  start: number;
  bytes: number;
}

/** The functions of one section in the order of their start, ready to be run. */
export class CfiSource {
  readonly #fdes: FdeList;
  readonly #order: Int32Array;
  readonly #machine: CfiMachine;

  /** Leaves out what begins within a function of `preferred`. */
  constructor(section: CfiSection, text: TextRange, preferred: readonly CfiSource[] = []) {
    const { cies, fdes } = readEntries(section, text.start, text.bytes);
    this.#machine = new CfiMachine(section.reader, cies, text.start);
    this.#fdes = preferred.length > 0 ? notIn(fdes, preferred) : fdes;
    this.#order = this.#fdes.ascending();
  }

  get count(): number {
    return this.#order.length;
  }

  start(at: number): number {
    return this.#fdes.words[this.#order[at] + FDE_START];
  }

  end(at: number): number {
    return this.#fdes.words[this.#order[at] + FDE_END];
  }

  covers(address: number): boolean {
    let low = 0;
    for (let high = this.count; low < high; ) {
      const middle = (low + high) >>> 1;
      if (this.start(middle) <= address) low = middle + 1;
      else high = middle;
    }
    return low > 0 && this.end(low - 1) > address;
  }

  /** Writes the rows of a function up to `end`. */
  run(at: number, end: number, writer: RowWriter): void {
    const { words } = this.#fdes;
    const fde = this.#order[at];
    const start = words[fde + FDE_START];
    const cie = words[fde + FDE_CIE];
    const known = this.#machine.run(
      cie,
      start,
      end,
      words[fde + FDE_CODE],
      words[fde + FDE_CODE_END],
      writer,
    );
    if (known < end) writer.unknown(known);
  }
}

function notIn(fdes: FdeList, preferred: readonly CfiSource[]): FdeList {
  const kept = new FdeList(fdes.count);
  for (let at = 0; at < fdes.count * FDE_WORDS; at += FDE_WORDS) {
    const [start, end, cie, code, codeEnd] = fdes.words.subarray(at, at + FDE_WORDS);
    if (!preferred.some((source) => source.covers(start))) kept.push(start, end, cie, code, codeEnd);
  }
  return kept;
}
