import type { ByteReader } from "./byte-reader.js";
import * as dw from "./constants.js";

/** What the size of some forms depends on. */
export interface Encoding {
  version: number;
  /** Whether offsets have 64 bits. */
  is64: boolean;
  addressSize: number;
}

/** An attribute's value: for strings, addresses and lists the index or offset that leads to it. */
export interface FormValue {
  form: number;
  raw: number;
}

/** Bytes of each form that always has as many. */
const FIXED_SIZES = new Map([
  [dw.DW_FORM_data1, 1],
  [dw.DW_FORM_ref1, 1],
  [dw.DW_FORM_flag, 1],
  [dw.DW_FORM_strx1, 1],
  [dw.DW_FORM_addrx1, 1],
  [dw.DW_FORM_data2, 2],
  [dw.DW_FORM_ref2, 2],
  [dw.DW_FORM_strx2, 2],
  [dw.DW_FORM_addrx2, 2],
  [dw.DW_FORM_strx3, 3],
  [dw.DW_FORM_addrx3, 3],
  [dw.DW_FORM_data4, 4],
  [dw.DW_FORM_ref4, 4],
  [dw.DW_FORM_ref_sup4, 4],
  [dw.DW_FORM_strx4, 4],
  [dw.DW_FORM_addrx4, 4],
  [dw.DW_FORM_data8, 8],
  [dw.DW_FORM_ref8, 8],
  [dw.DW_FORM_ref_sup8, 8],
  [dw.DW_FORM_ref_sig8, 8],
  [dw.DW_FORM_data16, 16],
  [dw.DW_FORM_flag_present, 0],
  [dw.DW_FORM_implicit_const, 0],
]);

const OFFSETS: ReadonlySet<number> = new Set([
  dw.DW_FORM_strp,
  dw.DW_FORM_line_strp,
  dw.DW_FORM_sec_offset,
  dw.DW_FORM_strp_sup,
  dw.DW_FORM_GNU_ref_alt,
  dw.DW_FORM_GNU_strp_alt,
]);

/** Says how many bytes a form has; -1 when that depends on the value, or the form is not known. */
export function fixedSize(form: number, encoding: Encoding): number {
  const size = FIXED_SIZES.get(form);
  if (size !== undefined) return size;
  if (OFFSETS.has(form)) return encoding.is64 ? 8 : 4;
  if (form === dw.DW_FORM_addr) return encoding.addressSize;
  // DWARF 2 gave references to other units the size of an address.
  if (form === dw.DW_FORM_ref_addr)
    return encoding.version === 2 ? encoding.addressSize : encoding.is64 ? 8 : 4;
  return -1;
}

/** Moves behind a value. A form that is not known fails the reader: where its value ends cannot be told. */
export function skipForm(reader: ByteReader, form: number, encoding: Encoding): void {
  switch (form) {
    case dw.DW_FORM_sdata:
    case dw.DW_FORM_udata:
    case dw.DW_FORM_ref_udata:
    case dw.DW_FORM_strx:
    case dw.DW_FORM_addrx:
    case dw.DW_FORM_loclistx:
    case dw.DW_FORM_rnglistx:
    case dw.DW_FORM_GNU_addr_index:
    case dw.DW_FORM_GNU_str_index:
      reader.skipLeb();
      return;
    case dw.DW_FORM_string:
      reader.skipString();
      return;
    case dw.DW_FORM_exprloc:
    case dw.DW_FORM_block:
      reader.skip(reader.uleb());
      return;
    case dw.DW_FORM_block1:
      reader.skip(reader.u8());
      return;
    case dw.DW_FORM_block2:
      reader.skip(reader.u16());
      return;
    case dw.DW_FORM_block4:
      reader.skip(reader.u32());
      return;
    case dw.DW_FORM_indirect: {
      const actual = reader.uleb();
      // One that leads to another would let the input choose how deep this goes.
      if (actual === dw.DW_FORM_indirect) reader.fail();
      else skipForm(reader, actual, encoding);
      return;
    }
    default: {
      const size = fixedSize(form, encoding);
      if (size < 0) reader.fail();
      else reader.skip(size);
    }
  }
}

/** Reads a value. Of blocks and 16-byte data nothing is kept; of a string its place in the section. */
export function readForm(
  reader: ByteReader,
  form: number,
  encoding: Encoding,
  implicitConstant: number,
): FormValue {
  if (form === dw.DW_FORM_indirect) {
    const actual = reader.uleb();
    if (actual === dw.DW_FORM_indirect) return { form, raw: reader.fail() };
    return readForm(reader, actual, encoding, 0);
  }
  const size = fixedSize(form, encoding);
  if (form === dw.DW_FORM_flag_present) return { form, raw: 1 };
  if (form === dw.DW_FORM_implicit_const) return { form, raw: implicitConstant };
  if (size > 0 && size <= 8) return { form, raw: reader.unsigned(size) };
  if (form === dw.DW_FORM_sdata) return { form, raw: reader.sleb() };
  const start = reader.offset;
  if (form === dw.DW_FORM_string) {
    reader.skipString();
    return { form, raw: start };
  }
  if (isLeb(form)) return { form, raw: reader.uleb() };
  skipForm(reader, form, encoding);
  return { form, raw: 0 };
}

function isLeb(form: number): boolean {
  return (
    form === dw.DW_FORM_udata ||
    form === dw.DW_FORM_ref_udata ||
    form === dw.DW_FORM_strx ||
    form === dw.DW_FORM_addrx ||
    form === dw.DW_FORM_loclistx ||
    form === dw.DW_FORM_rnglistx ||
    form === dw.DW_FORM_GNU_addr_index ||
    form === dw.DW_FORM_GNU_str_index
  );
}

/** Says whether a value is an address, directly or through `.debug_addr`. */
export function isAddress(form: number): boolean {
  return form === dw.DW_FORM_addr || isAddressIndex(form);
}

/** Says whether a value counts entries of `.debug_addr`. */
export function isAddressIndex(form: number): boolean {
  return (
    form === dw.DW_FORM_addrx ||
    form === dw.DW_FORM_GNU_addr_index ||
    (form >= dw.DW_FORM_addrx1 && form <= dw.DW_FORM_addrx4)
  );
}

/** Says whether a value counts entries of `.debug_str_offsets`. */
export function isStringIndex(form: number): boolean {
  return (
    form === dw.DW_FORM_strx ||
    form === dw.DW_FORM_GNU_str_index ||
    (form >= dw.DW_FORM_strx1 && form <= dw.DW_FORM_strx4)
  );
}

/** Says whether a value refers into the file that dwz moved shared parts to. */
export function isSupplementary(form: number): boolean {
  return (
    form === dw.DW_FORM_GNU_ref_alt ||
    form === dw.DW_FORM_GNU_strp_alt ||
    form === dw.DW_FORM_ref_sup4 ||
    form === dw.DW_FORM_ref_sup8 ||
    form === dw.DW_FORM_strp_sup
  );
}
