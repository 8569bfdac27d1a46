import type { Entries } from "./entries.js";
import type { UnitIndex } from "./unit-index.js";
import { UnitLines } from "./unit-lines.js";

/** Most bytes of what was parsed of units that is kept, and most units. */
const MAX_BYTES = 48 << 20;
const MAX_UNITS = 4096;

/** The units that were used last, as parsed. */
export class UnitCache {
  readonly #units = new Map<number, UnitLines | undefined>();
  /** The unit given last, which may have grown since its size was counted, and that size of each. */
  #current?: UnitLines;
  readonly #counted = new Map<UnitLines, number>();
  #bytes = 0;

  constructor(
    private readonly entries: Entries,
    private readonly index: UnitIndex,
    private readonly lowestCode: number,
  ) {}

  get sizeBytes(): number {
    this.#count(this.#current);
    return this.#bytes;
  }

  /** Gives what is known of the unit that begins at an offset of `.debug_info`; nothing when it cannot be read. */
  get(offset: number): UnitLines | undefined {
    const known = this.#units.get(offset);
    if (known && known === this.#current) return known;
    this.#count(this.#current);
    // Taken out and put back, so that the first is the one that was not used for longest.
    if (known) this.#units.delete(offset);
    else this.#makeRoom();
    const unit = known ?? this.#open(offset);
    this.#units.set(offset, unit);
    this.#current = unit;
    return unit;
  }

  #open(offset: number): UnitLines | undefined {
    const header = this.index.containing(offset);
    const unit = header && this.entries.unit(header);
    return unit && new UnitLines(this.entries, unit, this.lowestCode);
  }

  #count(unit: UnitLines | undefined): void {
    if (!unit) return;
    const size = unit.sizeBytes;
    this.#bytes += size - (this.#counted.get(unit) ?? 0);
    this.#counted.set(unit, size);
  }

  #makeRoom(): void {
    for (const [offset, unit] of this.#units) {
      if (this.#bytes <= MAX_BYTES && this.#units.size < MAX_UNITS) return;
      this.#units.delete(offset);
      if (!unit) continue;
      this.#bytes -= this.#counted.get(unit) ?? 0;
      this.#counted.delete(unit);
    }
  }
}
