import { posix } from "node:path";
import { crc32 } from "node:zlib";
import { buildId } from "./build-id.js";
import { ElfFile } from "./elf-file.js";
import { fileFromDescriptor, type OpenFile } from "./open-file.js";
import { isReason, type Reason } from "./reason.js";

/** Opens a candidate by its path as the process sees it. */
export type OpenDebugFile = (path: string) => { fd: number } | Reason;

/** Where distributions put the symbols that they strip. */
const DEBUG_ROOT = "/usr/lib/debug";
/** Most whose checksum is computed for one program, all candidates together; what is larger must have a build id. */
const MAX_CHECKED_BYTES = 64 << 20;
const CHUNK_BYTES = 1 << 20;
const MAX_LINK_BYTES = 4096;

/**
 * Returns the separate debug file of a program or library, open; the caller closes it.
 *
 * It is looked for under its build id, then by the name in `.gnu_debuglink`: beside the file, in `.debug` there, and
 * under /usr/lib/debug. It must have the same build id; where either has none, the checksum that the link states. And it
 * must be root's or of the owner of the program: the names serve all processes that map the program, and one of them may
 * see directories of its own making at these paths.
 *
 * @param path of the program, as the process sees it
 * @param maxCheckedBytes of files whose checksum is computed
 */
export function findDebugFile(
  elf: ElfFile,
  path: string,
  open: OpenDebugFile,
  maxCheckedBytes = MAX_CHECKED_BYTES,
): ElfFile | undefined {
  const id = buildId(elf.file);
  const link = readDebugLink(elf);
  let leftBytes = maxCheckedBytes;
  const hasChecksum = (file: OpenFile) => {
    if (link === undefined || file.size > leftBytes) return false;
    leftBytes -= file.size;
    return crcOf(file) === link.checksum;
  };
  for (const candidate of candidates(id, link?.name, path)) {
    if (candidate === path) continue;
    const opened = open(candidate);
    if (isReason(opened)) continue;
    const file = fileFromDescriptor(opened.fd);
    if (isReason(file)) continue;
    const debug = ElfFile.read(file);
    const isTrusted = file.owner === 0 || file.owner === elf.file.owner;
    if (!isReason(debug) && isTrusted && belongs(file, id, hasChecksum)) return debug;
    file.close();
  }
  return undefined;
}

function* candidates(id: string | undefined, name: string | undefined, path: string): Generator<string> {
  if (id && id.length > 2) yield `${DEBUG_ROOT}/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`;
  if (!name || !path.startsWith("/")) return;
  const directory = posix.dirname(path);
  yield posix.join(directory, name);
  yield posix.join(directory, ".debug", name);
  yield posix.join(DEBUG_ROOT, directory, name);
}

function belongs(file: OpenFile, id: string | undefined, hasChecksum: (file: OpenFile) => boolean): boolean {
  const otherId = buildId(file);
  return id && otherId ? id === otherId : hasChecksum(file);
}

function crcOf(file: OpenFile): number {
  let crc = 0;
  for (let at = 0; at < file.size; at += CHUNK_BYTES) {
    const bytes = file.read(at, CHUNK_BYTES);
    if (bytes.length === 0) break;
    crc = crc32(bytes, crc);
  }
  return crc;
}

/** Reads `.gnu_debuglink`: a file name that ends with a zero, padding to 4 bytes, CRC-32 of the file. */
export function readDebugLink(elf: ElfFile): { name: string; checksum: number } | undefined {
  const section = elf.section(".gnu_debuglink");
  if (!section || section.size > MAX_LINK_BYTES) return undefined;
  const bytes = elf.file.read(section.offset, section.size);
  const end = bytes.indexOf(0);
  const checksumAt = (end + 4) & ~3;
  if (end <= 0 || checksumAt + 4 > bytes.length) return undefined;
  const name = Buffer.from(bytes.buffer, 0, end).toString("utf8");
  if (name.includes("/") || name === "." || name === "..") return undefined;
  return { name, checksum: new DataView(bytes.buffer).getUint32(checksumAt, true) };
}
