import { type Abbreviation, skipValues } from "./abbreviations.js";
import { ByteReader } from "./byte-reader.js";
import { readCode } from "./code-ranges.js";
import * as dw from "./constants.js";
import type { Entries, Unit } from "./entries.js";
import { InlinedCalls } from "./inlined-calls.js";
import { IntervalTable } from "./interval-table.js";
import { ScopeTable } from "./scope-table.js";

/** Largest unit that is parsed; a unit of 10 MB is large. */
const MAX_UNIT_BYTES = 64 << 20;
const MAX_DEPTH = 4096;

/** Most functions, and most ranges of them and of what is inlined in them, in a unit. */
const MAX_FUNCTIONS = 1 << 20;
const MAX_RANGES = 1 << 20;

/** A function with code, or a place where one was inlined. */
export interface FunctionRow {
  /** Of its entry in `.debug_info`. */
  offset: number;
  inlined: boolean;
}

/**
 * The functions of one unit that have code.
 *
 * What was inlined is read of a function when one of its addresses is first asked for: most of a unit's ranges are of
 * inlined functions, and few functions are sampled.
 */
export class FunctionTable {
  #intervals = new IntervalTable();
  /** Of each function in `.debug_info`: its entry, and what comes behind the last entry inside of it. */
  #offsets: number[] = [];
  #ends: number[] = [];
  #scopes = new ScopeTable();
  /** Where entries were passed over, pairs of offsets from the unit's beginning. */
  #passed: number[] = [];
  readonly #inlined = new Map<number, InlinedCalls>();
  readonly #budget = { left: MAX_RANGES };
  #inlinedBytes = 0;

  private constructor(
    private readonly entries: Entries,
    private readonly unit: Unit,
    private readonly lowestCode: number,
  ) {}

  /**
   * Parses a unit once through; what is damaged ends it, and what was found before stays.
   *
   * What is inside of functions and types is passed over where the entries say where it ends, and read after all when
   * something is looked for that may be there: a function in a function.
   */
  static parse(entries: Entries, unit: Unit, lowestCode: number): FunctionTable {
    const table = new FunctionTable(entries, unit, lowestCode);
    table.#parse({ passOver: true });
    return table;
  }

  get sizeBytes(): number {
    return (
      this.#intervals.sizeBytes +
      this.#offsets.length * 16 +
      this.#passed.length * 8 +
      this.#scopes.sizeBytes +
      this.#inlinedBytes
    );
  }

  /** Gives the function that contains an address and what is inlined there, from outside inwards. */
  at(address: number): FunctionRow[] {
    let row = this.#find(address);
    if (row < 0 && this.#passed.length > 0) {
      this.#parse({ passOver: false });
      row = this.#find(address);
    }
    if (row < 0) return [];
    const inlined = this.#inlinedIn(row).at(address);
    return [
      { offset: this.#offsets[row], inlined: false },
      ...inlined.map((offset) => ({ offset, inlined: true })),
    ];
  }

  /** Gives the offsets of the scopes around a function, from inside outwards, all from the unit's beginning. */
  scopesAround(offset: number): number[] {
    for (let i = 0; i < this.#passed.length; i += 2) {
      if (offset < this.#passed[i] || offset >= this.#passed[i + 1]) continue;
      this.#parse({ passOver: false });
      break;
    }
    return this.#scopes.around(offset);
  }

  /** Row of the smallest function that contains an address; -1 if there is none. */
  #find(address: number): number {
    const { starts, ends, owners } = this.#intervals;
    let best = -1;
    let bestLength = Number.POSITIVE_INFINITY;
    for (const row of this.#intervals.at(address)) {
      const length = ends[row] - starts[row];
      if (length >= bestLength) continue;
      best = owners[row];
      bestLength = length;
    }
    return best;
  }

  #inlinedIn(row: number): InlinedCalls {
    let calls = this.#inlined.get(row);
    if (calls === undefined) {
      const range = { start: this.#offsets[row], end: this.#ends[row], lowestCode: this.lowestCode };
      calls = InlinedCalls.read(this.entries, this.unit, range, this.#budget);
      this.#inlined.set(row, calls);
      this.#inlinedBytes += calls.sizeBytes;
    }
    return calls;
  }

  #parse({ passOver }: { passOver: boolean }): void {
    this.#intervals = new IntervalTable();
    this.#offsets = [];
    this.#ends = [];
    this.#scopes = new ScopeTable();
    this.#passed = [];
    this.#inlined.clear();
    this.#inlinedBytes = 0;
    this.#walk(passOver);
    this.#intervals.sort();
  }

  #walk(passOver: boolean): void {
    const { entries, unit } = this;
    const size = unit.end - unit.offset;
    if (size > MAX_UNIT_BYTES) return;
    const reader = new ByteReader(entries.sections.get("info").bytes(unit.offset, size), unit.offset);
    reader.seek(unit.root);
    const abbreviations = entries.abbreviations(unit);
    /** Row of the function that begins each level, else -1. */
    const levels: number[] = [-1];
    const scopes = this.#scopes.begin();
    const budget = this.#budget;
    while (
      !reader.atEnd &&
      levels.length < MAX_DEPTH &&
      this.#offsets.length < MAX_FUNCTIONS &&
      budget.left > 0
    ) {
      const offset = reader.offset;
      const code = reader.uleb();
      if (code === 0) {
        if (levels.length > 1) {
          const row = levels.pop() as number;
          if (row >= 0) this.#ends[row] = reader.offset;
          scopes.leave();
        }
        continue;
      }
      const abbreviation = abbreviations.get(code);
      if (!abbreviation) break;
      const { tag } = abbreviation;
      let row = -1;
      if (abbreviation.hasCode && tag === dw.DW_TAG_subprogram) {
        const found = readCode(reader, abbreviation, entries, unit, budget);
        if (reader.failed) break;
        budget.left--;
        row = this.#offsets.push(offset) - 1;
        // Up to the unit's end as long as its own is not known: also where what follows is damaged.
        this.#ends.push(abbreviation.hasChildren ? unit.end : reader.offset);
        for (let i = 0; i < found.length; i += 2) {
          if (found[i] >= this.lowestCode) this.#intervals.push(found[i], found[i + 1], row);
        }
      } else {
        skipValues(reader, abbreviation, unit);
        if (reader.failed) break;
      }
      if (tag === dw.DW_TAG_subprogram) scopes.visit(offset - unit.offset, abbreviation);
      if (abbreviation.hasChildren) {
        const isInside = levels.length > 1 && tag !== dw.DW_TAG_namespace && tag !== dw.DW_TAG_module;
        const next = passOver && isInside ? behindChildren(reader, abbreviation, unit) : 0;
        if (next > 0) {
          if (row >= 0) this.#ends[row] = next;
          this.#passed.push(reader.offset - unit.offset, next - unit.offset);
          reader.seek(next);
          continue;
        }
        levels.push(row);
        scopes.enter(offset - unit.offset, tag);
      }
    }
  }
}

/** What comes behind the children of the entry that was just read, where it says so and that lies ahead; else 0. */
function behindChildren(reader: ByteReader, { siblingBytes }: Abbreviation, unit: Unit): number {
  if (siblingBytes === 0) return 0;
  reader.seek(reader.offset - siblingBytes);
  const next = unit.offset + reader.unsigned(siblingBytes);
  return next > reader.offset && next < unit.end ? next : 0;
}
