import { buildId } from "../symbols/build-id.js";
import { ElfFile } from "../symbols/elf-file.js";
import type { OpenFile } from "../symbols/open-file.js";
import { isReason, type Reason } from "../symbols/reason.js";
import { buildUnwindTable } from "./table-builder.js";
import { TableCache } from "./table-cache.js";
import type { UnwindTable } from "./unwind-table.js";

/**
 * Gets a file's table from the cache, or builds it and keeps it there. The file stays open.
 *
 * @param debug a separate file with debug information of the same build
 */
export function loadUnwindTable(file: OpenFile, cache?: TableCache, debug?: ElfFile): UnwindTable | Reason {
  const key = cache && TableCache.keyOf(file, buildId(file)) + (debug ? ` with ${debug.file.identity}` : "");
  const kept = key !== undefined ? cache?.read(key) : undefined;
  if (kept) return kept;
  const elf = ElfFile.read(file);
  if (isReason(elf)) return elf;
  const table = buildUnwindTable(elf, debug);
  if (!isReason(table) && key !== undefined) cache?.write(key, table);
  return table;
}
