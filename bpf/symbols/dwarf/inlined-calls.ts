import { skipValues } from "./abbreviations.js";
import { ByteReader } from "./byte-reader.js";
import { readCode } from "./code-ranges.js";
import * as dw from "./constants.js";
import type { Entries, Unit } from "./entries.js";
import { IntervalTable } from "./interval-table.js";
import type { RangeBudget } from "./range-lists.js";

/** Deepest nesting of entries that is followed, and most places of one function at which others were inlined. */
const MAX_DEPTH = 4096;
const MAX_CALLS = 1 << 20;

/** Level of entries that belong to a function inside of the one that is read. */
const ELSEWHERE = -2;

/** What was inlined where in one function. */
export class InlinedCalls {
  readonly #intervals = new IntervalTable();
  /** Offsets of the entries in `.debug_info`. */
  readonly #offsets: number[] = [];
  /** Row of the call into which this one was inlined; -1 for the function itself. */
  readonly #parents: number[] = [];

  /**
   * Reads the entries of a function, from `start` to `end` in `.debug_info`; what is damaged ends it, and what was found
   * before stays.
   */
  static read(
    entries: Entries,
    unit: Unit,
    { start, end, lowestCode }: { start: number; end: number; lowestCode: number },
    budget: RangeBudget,
  ): InlinedCalls {
    const calls = new InlinedCalls();
    calls.#read(entries, unit, start, end, lowestCode, budget);
    calls.#intervals.sort();
    return calls;
  }

  get sizeBytes(): number {
    return this.#intervals.sizeBytes + this.#offsets.length * 16;
  }

  /** Gives the entries of what is inlined at an address, from outside inwards. */
  at(address: number): number[] {
    const { starts, ends, owners } = this.#intervals;
    let best = -1;
    let bestLength = Number.POSITIVE_INFINITY;
    for (const row of this.#intervals.at(address)) {
      const length = ends[row] - starts[row];
      // Of equal ranges the inner one comes later.
      const isInside = length === bestLength && this.#isInside(owners[row], best);
      if (length < bestLength || isInside) {
        best = owners[row];
        bestLength = length;
      }
    }
    const chain: number[] = [];
    for (let row = best; row >= 0; row = this.#parents[row]) chain.push(this.#offsets[row]);
    return chain.reverse();
  }

  /** Says whether a row was inlined, directly or not, into another. Parents come before their children. */
  #isInside(row: number, outer: number): boolean {
    let current = row;
    while (current > outer) current = this.#parents[current];
    return current === outer && row !== outer;
  }

  #read(
    entries: Entries,
    unit: Unit,
    start: number,
    end: number,
    lowestCode: number,
    budget: RangeBudget,
  ): void {
    const reader = new ByteReader(entries.sections.get("info").bytes(start, end - start), start);
    const abbreviations = entries.abbreviations(unit);
    /** Row of the call that the entries of each level are in. */
    const inside: number[] = [];
    while (!reader.atEnd && inside.length < MAX_DEPTH && this.#offsets.length < MAX_CALLS) {
      const offset = reader.offset;
      const code = reader.uleb();
      if (code === 0) {
        inside.pop();
        continue;
      }
      const abbreviation = abbreviations.get(code);
      if (!abbreviation) return;
      const { tag } = abbreviation;
      const isFunction = inside.length === 0;
      let row = isFunction ? -1 : inside[inside.length - 1];
      if (tag === dw.DW_TAG_inlined_subroutine && abbreviation.hasCode && row !== ELSEWHERE) {
        const found = readCode(reader, abbreviation, entries, unit, budget);
        if (reader.failed || budget.left-- <= 0) return;
        this.#parents.push(row);
        row = this.#offsets.push(offset) - 1;
        for (let i = 0; i < found.length; i += 2) {
          if (found[i] >= lowestCode) this.#intervals.push(found[i], found[i + 1], row);
        }
      } else {
        skipValues(reader, abbreviation, unit);
        if (reader.failed) return;
        if (tag === dw.DW_TAG_subprogram && !isFunction) row = ELSEWHERE;
      }
      if (abbreviation.hasChildren) inside.push(row);
      else if (isFunction) return;
    }
  }
}
