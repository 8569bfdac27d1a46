import type { Abbreviation } from "./abbreviations.js";
import type { ByteReader } from "./byte-reader.js";
import * as dw from "./constants.js";
import type { Entries, Unit } from "./entries.js";
import { type FormValue, readForm, skipForm } from "./forms.js";
import { type RangeBudget, type Ranges, rangeBetween, readRangeList } from "./range-lists.js";

/** Reads the values of an entry that says where its code is, and gives the addresses. */
export function readCode(
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
