import { parentPort } from "node:worker_threads";
import { ElfFile, PT_LOAD } from "../symbols/elf-file.js";
import { fileFromDescriptor } from "../symbols/open-file.js";
import { isReason } from "../symbols/reason.js";
import { openVdso } from "../symbols/vdso.js";
import { goCode } from "../unwind/go-code.js";
import { TableCache } from "../unwind/table-cache.js";
import { loadUnwindTable } from "../unwind/table-loader.js";
import type { TableReply, TableRequest } from "./table-request.js";

/** A thread that makes unwind tables, so that the sampler goes on emptying its rings while one is built. */
parentPort?.on("message", (request: TableRequest) => {
  const reply = answer(request);
  const parts = reply.table === undefined ? [] : [reply.table.rows, reply.table.index, reply.table.rules];
  // Moved, not copied; a table from the cache is in one piece.
  const buffers = new Set(parts.map(({ buffer }) => buffer as ArrayBuffer));
  parentPort?.postMessage(reply, [...buffers]);
});

function answer(request: TableRequest): TableReply {
  const none = { id: request.id, table: undefined, code: [], goCode: [] };
  const file = "fd" in request ? fileFromDescriptor(request.fd) : openVdso();
  if (isReason(file)) return none;
  try {
    const elf = ElfFile.read(file);
    if (isReason(elf)) return none;
    const table = loadUnwindTable(file, cacheOf(request.cacheDirectory));
    return {
      id: request.id,
      table: isReason(table) || table.functions === 0 ? undefined : table,
      code: elf.segments
        .filter(({ type, executable }) => type === PT_LOAD && executable)
        .map(({ offset, size, address }) => ({ offset, size, delta: address - offset })),
      goCode: goCode(elf),
    };
  } catch {
    return none; // for example no memory for what a damaged file asks for
  }
}

let cache: { directory: string; tables: TableCache } | undefined;

function cacheOf(directory: string | undefined): TableCache | undefined {
  if (directory === undefined) return undefined;
  if (cache?.directory !== directory) cache = { directory, tables: new TableCache(directory) };
  return cache.tables;
}
