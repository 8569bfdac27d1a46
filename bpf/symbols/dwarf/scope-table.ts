import type { Abbreviation } from "./abbreviations.js";
import * as dw from "./constants.js";

const SCOPES: ReadonlySet<number> = new Set([
  dw.DW_TAG_class_type,
  dw.DW_TAG_structure_type,
  dw.DW_TAG_union_type,
  dw.DW_TAG_interface_type,
  dw.DW_TAG_module,
  dw.DW_TAG_namespace,
  dw.DW_TAG_subprogram,
]);

/** Most scopes that are remembered of a unit. */
const MAX_SCOPES = 1 << 18;

/**
 * In which scope each function stands whose entry has a plain name alone, such as a lambda's `operator()`.
 *
 * Most functions have a linkage name, which says it; only of the others the scopes are remembered.
 */
export class ScopeTable {
  /** Offsets from the unit's beginning, upwards. */
  readonly #offsets: number[] = [];
  /** Row of the scope around; -1 outside of all. */
  readonly #parents: number[] = [];

  get sizeBytes(): number {
    return this.#offsets.length * 16;
  }

  /** Gives the offsets of the scopes around a function, from inside outwards. */
  around(offset: number): number[] {
    const chain: number[] = [];
    for (let row = this.#parents[this.#find(offset)] ?? -1; row >= 0; row = this.#parents[row]) {
      chain.push(this.#offsets[row]);
    }
    return chain;
  }

  /** Starts to follow a walk through the unit's entries. */
  begin() {
    /** The offset of each level's scope, and its row once a function needed it. */
    const levels = [{ offset: -1, row: -1 }];
    const rowOf = (level: number): number => {
      // From the outermost that has no row yet: parents get theirs first, and offsets stay in order.
      let first = level;
      while (first > 0 && levels[first].offset >= 0 && levels[first].row < 0) first--;
      for (let i = first + 1; i <= level; i++) {
        if (levels[i] !== levels[i - 1]) levels[i].row = this.#add(levels[i].offset, levels[i - 1].row);
      }
      return levels[level].row;
    };
    return {
      visit: (offset: number, abbreviation: Abbreviation): void => {
        if (abbreviation.tag !== dw.DW_TAG_subprogram || !abbreviation.hasOnlyPlainName) return;
        const level = levels.length - 1;
        if (levels[level].offset >= 0 && this.#offsets.length < MAX_SCOPES) this.#add(offset, rowOf(level));
      },
      enter: (offset: number, tag: number): void => {
        levels.push(SCOPES.has(tag) ? { offset, row: -1 } : levels[levels.length - 1]);
      },
      leave: (): void => {
        levels.pop();
      },
    };
  }

  #add(offset: number, parent: number): number {
    this.#parents.push(parent);
    return this.#offsets.push(offset) - 1;
  }

  #find(offset: number): number {
    let from = 0;
    let to = this.#offsets.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#offsets[middle] < offset) from = middle + 1;
      else to = middle;
    }
    return this.#offsets[from] === offset ? from : -1;
  }
}
