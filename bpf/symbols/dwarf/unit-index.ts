import { readAddressRanges } from "./address-ranges.js";
import { ByteReader } from "./byte-reader.js";
import type { Entries } from "./entries.js";
import { IntervalTable } from "./interval-table.js";
import { rangesOf } from "./range-lists.js";
import {
  isUnit,
  MAX_UNIT_HEADER_BYTES,
  type OtherPart,
  readUnitHeader,
  type UnitHeader,
} from "./unit-header.js";

/** Most units; a browser's debug file has some 50,000. */
const MAX_UNITS = 1 << 17;

/** Most ranges of all units that are kept, and that are looked at. */
const MAX_RANGES = 1 << 20;
const MAX_WORK = 1 << 22;

/** Most units that are asked about one address. */
const MAX_COVERING = 8;

/** Which unit of `.debug_info` covers an address, and which contains an offset. */
export class UnitIndex {
  #offsets = new Float64Array(0);
  readonly #ranges = new IntervalTable();
  readonly #work = { left: MAX_WORK };

  /** Reads each unit's header, and its root where `.debug_aranges` does not list the unit. */
  constructor(
    private readonly entries: Entries,
    /** Lowest address of code. What lies below it was dropped by the linker, which leaves such entries behind. */
    private readonly lowestCode: number,
  ) {
    const listed = this.#addListed();
    const offsets: number[] = [];
    for (let offset = 0; offsets.length < MAX_UNITS; ) {
      const header = this.#read(offset);
      if (!header) break;
      if (isUnit(header)) {
        if (!listed.has(offset) && !header.isType) this.#addRoot(header);
        offsets.push(offset);
      }
      offset = header.end;
    }
    this.#offsets = Float64Array.from(offsets);
    this.#ranges.sort();
  }

  get unitCount(): number {
    return this.#offsets.length;
  }

  get sizeBytes(): number {
    return this.#offsets.byteLength + this.#ranges.sizeBytes;
  }

  /** Gives the offsets of the units that cover an address, latest range first; more than one is rare. */
  covering(address: number): number[] {
    const rows = this.#ranges.at(address);
    if (rows.length < 2) return rows.map((row) => this.#ranges.owners[row]);
    return [...new Set(rows.map((row) => this.#ranges.owners[row]))].slice(0, MAX_COVERING);
  }

  /** Gives the unit that contains an offset of `.debug_info`. */
  containing(offset: number): UnitHeader | undefined {
    let from = 0;
    let to = this.#offsets.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#offsets[middle] <= offset) from = middle + 1;
      else to = middle;
    }
    const header = from > 0 ? this.#read(this.#offsets[from - 1]) : undefined;
    return isUnit(header) && offset < header.end ? header : undefined;
  }

  #read(offset: number): UnitHeader | OtherPart | undefined {
    const info = this.entries.sections.get("info");
    return readUnitHeader(new ByteReader(info.bytes(offset, MAX_UNIT_HEADER_BYTES), offset), info.size);
  }

  #addListed(): Set<number> {
    const listed = new Set<number>();
    readAddressRanges(this.entries.sections.get("aranges"), (unit, start, end) => {
      listed.add(unit);
      this.#add(unit, start, end);
    });
    return listed;
  }

  #addRoot(header: UnitHeader): void {
    if (this.#work.left <= 0) return;
    const table = this.entries.abbreviations(header);
    const before = table.weight;
    const unit = this.entries.unit(header);
    this.#work.left -= table.weight - before + 1;
    if (!unit) return;
    const ranges = rangesOf(this.entries, unit, unit.rootEntry, this.#work);
    for (let i = 0; i < ranges.length; i += 2) this.#add(header.offset, ranges[i], ranges[i + 1]);
  }

  #add(unit: number, start: number, end: number): void {
    if (start >= this.lowestCode && end <= Number.MAX_SAFE_INTEGER && this.#ranges.count < MAX_RANGES)
      this.#ranges.push(start, end, unit);
  }
}
