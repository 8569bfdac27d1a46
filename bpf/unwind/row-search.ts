import type { VirtualAddress } from "../symbols/address.js";
import { BUCKET_SHIFT, FURTHER_SHIFT, POSITION_MASK } from "./layout.js";
import type { UnwindTable } from "./unwind-table.js";

/** Returns the number of the row in force at an address, or -1 outside of the table. */
export function findRow(table: UnwindTable, address: VirtualAddress): number {
  const bucket = Math.floor(address / 2 ** BUCKET_SHIFT) - table.firstBucket;
  if (!(bucket >= 0 && bucket < table.index.length)) return -1;
  const entry = table.index[bucket];
  let row = entry & POSITION_MASK;
  // The first is in force whatever its low byte is: it may stand in an earlier bucket.
  const last = row + (entry >>> FURTHER_SHIFT);
  const low = address & 0xff;
  while (row < last && (table.rows[(row + 1) * 2] & 0xff) <= low) row++;
  return row;
}
