import { parentPort } from "node:worker_threads";
import { ElfFile, PT_LOAD } from "../symbols/elf-file.js";
import { fileFromDescriptor } from "../symbols/open-file.js";
import { isReason } from "../symbols/reason.js";
import { openVdso } from "../symbols/vdso.js";
import { debugFrameSections, ehFrameSections } from "../unwind/cfi-sections.js";
import { goCode } from "../unwind/go-code.js";
import { isGo } from "../unwind/go-functions.js";
import { TableCache } from "../unwind/table-cache.js";
import { loadUnwindTable } from "../unwind/table-loader.js";
import type { DebugFileWanted, TableReply, TableRequest } from "./table-request.js";

/** A thread that makes unwind tables, so that the sampler goes on emptying its rings while one is built. */
parentPort?.on("message", (request: TableRequest) => {
  const reply = answer(request);
  const table = "table" in reply ? reply.table : undefined;
  const parts = table === undefined ? [] : [table.rows, table.index, table.rules];
  // Moved, not copied; a table from the cache is in one piece.
  const buffers = new Set(parts.map(({ buffer }) => buffer as ArrayBuffer));
  parentPort?.postMessage(reply, [...buffers]);
});

function answer(request: TableRequest): TableReply | DebugFileWanted {
  const none = { id: request.id, table: undefined, code: [], goCode: [] };
  const file = "fd" in request ? fileFromDescriptor(request.fd) : openVdso();
  if (isReason(file)) return none;
  try {
    const elf = ElfFile.read(file);
    if (isReason(elf)) return none;
    const debugFd = "fd" in request ? request.debugFd : null;
    if (debugFd === undefined && mayHaveMore(elf)) return { id: request.id, debugFileWanted: true };
    const debug = typeof debugFd === "number" ? readElf(debugFd) : undefined;
    const table = loadUnwindTable(file, cacheOf(request.cacheDirectory), debug);
    return {
      id: request.id,
      table: isReason(table) || table.functions === 0 ? undefined : table,
      code: elf.segments
        .filter(({ type, executable }) => type === PT_LOAD && executable)
        .map(({ offset, size, address }) => ({ offset, size, delta: address - offset })),
      goCode: goCode(elf, debug),
    };
  } catch {
    return none; // for example no memory for what a damaged file asks for
  }
}

/** Compilers that write `.eh_frame` write a byte of it for some 10 of text. */
const TEXT_PER_EH_FRAME = 64;

/** A separate debug file has what strip took: `.debug_frame`, which is all that Go has, and C built to do without. */
function mayHaveMore(elf: ElfFile): boolean {
  if (debugFrameSections(elf).length > 0) return false;
  const bytes = ehFrameSections(elf).reduce((sum, { bytes }) => sum + bytes.length, 0);
  const text = elf.segments.reduce((sum, { executable, size }) => sum + (executable ? size : 0), 0);
  return isGo(elf) || bytes * TEXT_PER_EH_FRAME < text;
}

function readElf(fd: number): ElfFile | undefined {
  const file = fileFromDescriptor(fd);
  const elf = isReason(file) ? file : ElfFile.read(file);
  return isReason(elf) ? undefined : elf;
}

let cache: { directory: string; tables: TableCache } | undefined;

function cacheOf(directory: string | undefined): TableCache | undefined {
  if (directory === undefined) return undefined;
  if (cache?.directory !== directory) cache = { directory, tables: new TableCache(directory) };
  return cache.tables;
}
