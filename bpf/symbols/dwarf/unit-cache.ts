import type { Entries } from "./entries.js";
import type { UnitHeader } from "./unit-header.js";
import { UnitLines } from "./unit-lines.js";

/** Most bytes of what was parsed of units that is kept, and most units. */
const MAX_BYTES = 48 << 20;
const MAX_UNITS = 4096;

/** The units that were used last, as parsed. */
export class UnitCache {
  readonly #units = new Map<number, UnitLines | undefined>();

  constructor(
    private readonly entries: Entries,
    private readonly lowestCode: number,
  ) {}

  get sizeBytes(): number {
    let sum = 0;
    for (const unit of this.#units.values()) sum += unit?.sizeBytes ?? 0;
    return sum;
  }

  /** Gives what is known of a unit; nothing when its root cannot be read. */
  get(header: UnitHeader): UnitLines | undefined {
    const known = this.#units.get(header.offset);
    // Taken out and put back, so that the first is the one that was not used for longest.
    if (known) this.#units.delete(header.offset);
    else this.#makeRoom();
    const unit = known ?? this.#open(header);
    this.#units.set(header.offset, unit);
    return unit;
  }

  #open(header: UnitHeader): UnitLines | undefined {
    const unit = this.entries.unit(header);
    return unit && new UnitLines(this.entries, unit, this.lowestCode);
  }

  /** Drops the oldest until there is room: units grow while they are asked, so their sizes are summed up anew. */
  #makeRoom(): void {
    let bytes = this.sizeBytes;
    for (const [offset, unit] of this.#units) {
      if (bytes <= MAX_BYTES && this.#units.size < MAX_UNITS) return;
      bytes -= unit?.sizeBytes ?? 0;
      this.#units.delete(offset);
    }
  }
}
