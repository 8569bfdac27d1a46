import type { ByteReader } from "./byte-reader.js";
import { DW_UT_skeleton, DW_UT_split_compile, DW_UT_split_type, DW_UT_type } from "./constants.js";
import type { Encoding } from "./forms.js";

/** The header of a unit of `.debug_info`; offsets are those in the section. */
export interface UnitHeader extends Encoding {
  offset: number;
  /** Where the next unit begins. */
  end: number;
  /** Where the unit's root entry begins. */
  root: number;
  /** Of the unit's table in `.debug_abbrev`. */
  abbreviations: number;
  isType: boolean;
}

/** Bytes that hold the longest header. */
export const MAX_UNIT_HEADER_BYTES = 48;

/** A part of the section that is no unit known here; only where the next begins. */
export interface OtherPart {
  end: number;
}

export function isUnit(part: UnitHeader | OtherPart | undefined): part is UnitHeader {
  return part !== undefined && "root" in part;
}

/** Reads a length that also says by an escape whether offsets have 64 bits. */
export function readInitialLength(reader: ByteReader): { length: number; is64: boolean } {
  const length = reader.u32();
  return length === 0xffff_ffff ? { length: reader.u64(), is64: true } : { length, is64: false };
}

/** Reads a header; only where the next unit begins when the version is not known, nothing at the end of the units. */
export function readUnitHeader(reader: ByteReader, sectionSize: number): UnitHeader | OtherPart | undefined {
  const offset = reader.offset;
  const { length, is64 } = readInitialLength(reader);
  const end = reader.offset + length;
  if (reader.failed || length === 0 || !(end <= sectionSize)) return undefined;
  const version = reader.u16();
  if (version < 2 || version > 5) return { end };
  let type = 0;
  let addressSize: number;
  let abbreviations: number;
  if (version === 5) {
    type = reader.u8();
    addressSize = reader.u8();
    abbreviations = reader.sectionOffset(is64);
    if (type === DW_UT_skeleton || type === DW_UT_split_compile) reader.skip(8);
    if (type === DW_UT_type || type === DW_UT_split_type) reader.skip(8 + (is64 ? 8 : 4));
  } else {
    abbreviations = reader.sectionOffset(is64);
    addressSize = reader.u8();
  }
  const root = reader.offset;
  if (reader.failed || root > end || (addressSize !== 4 && addressSize !== 8)) return { end };
  const isType = type === DW_UT_type || type === DW_UT_split_type;
  return { version, is64, addressSize, offset, end, root, abbreviations, isType };
}
