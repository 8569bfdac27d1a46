import type { VirtualAddress } from "../symbols/address.js";
import { BUCKET_SHIFT } from "./layout.js";

/** How to unwind a file's code, in the form that the walk in BPF reads (bpf/programs/unwind.h). */
export interface UnwindTable {
  /** `struct unwind_row`, two words each, ordered by address. */
  rows: Uint32Array;
  /** One entry a bucket: the row in force at its start, and in the upper 8 bits how many follow within it. */
  index: Uint32Array;
  /** `struct unwind_rule`, 32 bytes each. */
  rules: Uint8Array;
  /** The number of the first bucket: its address shifted right by 8. */
  firstBucket: number;
  /** Functions with unwind data, or with rows from their code. With none there is one row, which says so, and the index is of zeros. */
  functions: number;
  /** Rows with rules that no row and no rule can hold. */
  unsupportedRows: number;
}

/** The virtual address with which a table begins. */
export function tableStart(table: UnwindTable): VirtualAddress {
  return table.firstBucket * 2 ** BUCKET_SHIFT;
}
