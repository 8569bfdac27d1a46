import type { ByteReader } from "./byte-reader.js";
import * as dw from "./constants.js";
import type { Entries, Entry, Unit } from "./entries.js";
import { type FormValue, isAddress } from "./forms.js";

/** Pairs of numbers: where a range begins, and where it ends. */
export type Ranges = number[];

/**
 * How many entries of lists may still be read.
 *
 * Small entries may refer to the same long list over and over, so the lists have a common bound, not each its own.
 */
export interface RangeBudget {
  left: number;
}

/** Gives the addresses that an entry covers. */
export function rangesOf(entries: Entries, unit: Unit, entry: Entry, budget: RangeBudget): Ranges {
  const list = entry.values.get(dw.DW_AT_ranges);
  if (list) return readRangeList(entries, unit, list, budget);
  const low = entry.values.get(dw.DW_AT_low_pc);
  const high = entry.values.get(dw.DW_AT_high_pc);
  return low && high ? rangeBetween(entries, unit, low, high) : [];
}

/** Gives the range from `low` to `high`, which is an address or a number of bytes. */
export function rangeBetween(entries: Entries, unit: Unit, low: FormValue, high: FormValue): Ranges {
  const start = entries.address(unit, low);
  if (start === undefined) return [];
  const end = isAddress(high.form) ? entries.address(unit, high) : start + high.raw;
  return end !== undefined && end > start ? [start, end] : [];
}

/** Reads the list that `DW_AT_ranges` refers to. */
export function readRangeList(entries: Entries, unit: Unit, value: FormValue, budget: RangeBudget): Ranges {
  const { sections } = entries;
  if (unit.version < 5) {
    return sections.get("ranges").parse(value.raw, (reader) => readPairs(reader, unit, budget)) ?? [];
  }
  const section = sections.get("rnglists");
  let offset = value.raw;
  if (value.form === dw.DW_FORM_rnglistx) {
    const size = unit.is64 ? 8 : 4;
    const relative = section.unsigned(unit.rangeLists + value.raw * size, size);
    if (relative === undefined) return [];
    offset = unit.rangeLists + relative;
  }
  return section.parse(offset, (reader) => readEntries(reader, entries, unit, budget)) ?? [];
}

/** `.debug_ranges` of DWARF 2 to 4. */
function readPairs(reader: ByteReader, unit: Unit, budget: RangeBudget): Ranges {
  const ranges: Ranges = [];
  const largest = unit.addressSize === 8 ? 2 ** 64 : 2 ** 32 - 1;
  let base = unit.base;
  while (budget.left-- > 0) {
    const start = reader.unsigned(unit.addressSize);
    const end = reader.unsigned(unit.addressSize);
    if (reader.failed || (start === 0 && end === 0)) break;
    if (start >= largest) base = end;
    else if (end > start) ranges.push(base + start, base + end);
  }
  return ranges;
}

/** `.debug_rnglists` of DWARF 5. */
function readEntries(reader: ByteReader, entries: Entries, unit: Unit, budget: RangeBudget): Ranges {
  const ranges: Ranges = [];
  let base = unit.base;
  const indexed = () => entries.indexedAddress(unit, reader.uleb()) ?? Number.NaN;
  const add = (start: number, end: number) => {
    if (end > start) ranges.push(start, end);
  };
  while (!reader.failed && budget.left-- > 0) {
    switch (reader.u8()) {
      case dw.DW_RLE_base_addressx:
        base = indexed();
        break;
      case dw.DW_RLE_startx_endx:
        add(indexed(), indexed());
        break;
      case dw.DW_RLE_startx_length: {
        const start = indexed();
        add(start, start + reader.uleb());
        break;
      }
      case dw.DW_RLE_offset_pair: {
        const start = base + reader.uleb();
        add(start, base + reader.uleb());
        break;
      }
      case dw.DW_RLE_base_address:
        base = reader.unsigned(unit.addressSize);
        break;
      case dw.DW_RLE_start_end: {
        const start = reader.unsigned(unit.addressSize);
        add(start, reader.unsigned(unit.addressSize));
        break;
      }
      case dw.DW_RLE_start_length: {
        const start = reader.unsigned(unit.addressSize);
        add(start, start + reader.uleb());
        break;
      }
      default: // The end, or a kind that is not known.
        return ranges;
    }
  }
  return ranges;
}
