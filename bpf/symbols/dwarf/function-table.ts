import { type Abbreviation, skipValues } from "./abbreviations.js";
import { ByteReader } from "./byte-reader.js";
import * as dw from "./constants.js";
import type { Entries, Unit } from "./entries.js";
import { type FormValue, readForm, skipForm } from "./forms.js";
import { IntervalTable } from "./interval-table.js";
import { type RangeBudget, type Ranges, rangeBetween, readRangeList } from "./range-lists.js";
import { ScopeTable } from "./scope-table.js";

/** Largest unit that is parsed; a unit of 10 MB is large. */
const MAX_UNIT_BYTES = 64 << 20;
const MAX_DEPTH = 4096;

/** Most functions, and most ranges of them, in a unit. */
const MAX_FUNCTIONS = 1 << 20;
const MAX_RANGES = 1 << 20;

/** A function with code, or a place where one was inlined. */
export interface FunctionRow {
  /** Of its entry in `.debug_info`. */
  offset: number;
  inlined: boolean;
}

/** The functions of one unit that have code, and what was inlined where. */
export class FunctionTable {
  readonly #intervals = new IntervalTable();
  /** Offsets of the entries from the unit's beginning. */
  #offsets = new Uint32Array(0);
  /** Row of the function into which this one was inlined; -1 for one that stands by itself. */
  #parents = new Int32Array(0);
  readonly scopes = new ScopeTable();

  private constructor(private readonly unit: Unit) {}

  /** Parses a unit once through; what is damaged ends it, and what was found before stays. */
  static parse(entries: Entries, unit: Unit, lowestCode: number): FunctionTable {
    const table = new FunctionTable(unit);
    table.#parse(entries, lowestCode);
    return table;
  }

  get sizeBytes(): number {
    return this.#intervals.sizeBytes + this.#offsets.length * 8 + this.scopes.sizeBytes;
  }

  /** Gives the function that contains an address and what is inlined there, from outside inwards. */
  at(address: number): FunctionRow[] {
    const { starts, ends, owners } = this.#intervals;
    let best = -1;
    let bestLength = Number.POSITIVE_INFINITY;
    for (const row of this.#intervals.at(address)) {
      const length = ends[row] - starts[row];
      // Of equal ranges the inner one comes later; of two functions folded into one the first is taken.
      const isInside = length === bestLength && this.#isInside(owners[row], best);
      if (length < bestLength || isInside) {
        best = owners[row];
        bestLength = length;
      }
    }
    const chain: FunctionRow[] = [];
    for (let row = best; row >= 0; row = this.#parents[row]) {
      chain.push({ offset: this.unit.offset + this.#offsets[row], inlined: this.#parents[row] >= 0 });
    }
    return chain.reverse();
  }

  /** Says whether a row was inlined, directly or not, into another. Parents come before their children. */
  #isInside(row: number, outer: number): boolean {
    let current = row;
    while (current > outer) current = this.#parents[current];
    return current === outer && row !== outer;
  }

  #parse(entries: Entries, lowestCode: number): void {
    const { unit } = this;
    const size = unit.end - unit.offset;
    if (size > MAX_UNIT_BYTES) return;
    const reader = new ByteReader(entries.sections.get("info").bytes(unit.offset, size), unit.offset);
    reader.seek(unit.root);
    const abbreviations = entries.abbreviations(unit);
    const offsets: number[] = [];
    const parents: number[] = [];
    /** Row of the function that the entries of each level are in. */
    const inside: number[] = [-1];
    const scopes = this.scopes.begin();
    const budget = { left: MAX_RANGES };
    while (!reader.atEnd && inside.length < MAX_DEPTH && offsets.length < MAX_FUNCTIONS && budget.left > 0) {
      const offset = reader.offset;
      const code = reader.uleb();
      if (code === 0) {
        if (inside.length > 1) {
          inside.pop();
          scopes.leave();
        }
        continue;
      }
      const abbreviation = abbreviations.get(code);
      if (!abbreviation) break;
      const { tag } = abbreviation;
      let row = inside[inside.length - 1];
      const isInlined = tag === dw.DW_TAG_inlined_subroutine;
      if (abbreviation.hasCode && (isInlined || tag === dw.DW_TAG_subprogram)) {
        const found = readCode(reader, abbreviation, entries, unit, budget);
        if (reader.failed) break;
        parents.push(isInlined ? row : -1);
        row = offsets.push(offset - unit.offset) - 1;
        budget.left--;
        for (let i = 0; i < found.length; i += 2) {
          if (found[i] >= lowestCode) this.#intervals.push(found[i], found[i + 1], row);
        }
      } else {
        skipValues(reader, abbreviation, unit);
        if (reader.failed) break;
        // An abstract function has no code, but may contain other functions that have.
        if (tag === dw.DW_TAG_subprogram) row = -1;
      }
      scopes.visit(offset - unit.offset, abbreviation);
      if (abbreviation.hasChildren) {
        inside.push(row);
        scopes.enter(offset - unit.offset, tag);
      }
    }
    this.#offsets = Uint32Array.from(offsets);
    this.#parents = Int32Array.from(parents);
    this.#intervals.sort();
  }
}

function readCode(
  reader: ByteReader,
  abbreviation: Abbreviation,
  entries: Entries,
  unit: Unit,
  budget: RangeBudget,
): Ranges {
  let low: FormValue | undefined;
  let high: FormValue | undefined;
  let list: FormValue | undefined;
  for (const { name, form, constant, size } of abbreviation.attributes) {
    if (name === dw.DW_AT_low_pc) low = readForm(reader, form, unit, constant);
    else if (name === dw.DW_AT_high_pc) high = readForm(reader, form, unit, constant);
    else if (name === dw.DW_AT_ranges) list = readForm(reader, form, unit, constant);
    else if (size >= 0) reader.skip(size);
    else skipForm(reader, form, unit);
  }
  if (reader.failed) return [];
  if (list) return readRangeList(entries, unit, list, budget);
  return low && high ? rangeBetween(entries, unit, low, high) : [];
}
