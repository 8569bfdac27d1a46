import type { AbsoluteAddress, FileOffset } from "./address.js";

/** One range of a process's address space: half-open, `[start, end)`. */
export interface Mapping {
  start: AbsoluteAddress;
  end: AbsoluteAddress;
  /** Where in the file the first byte of the range comes from; 0 for anonymous memory. */
  fileOffset: FileOffset;
  /** Path as the process sees it, without ` (deleted)`; `[vdso]`, `[heap]`, …; "" for anonymous memory. */
  path: string;
  /** Inode number; 0n where no file is mapped. 64 bits, because overlayfs uses the top ones. */
  inode: bigint;
  /** `major:minor` of the filesystem in hexadecimal, as in /proc/PID/maps: `fe:00`. See {@link deviceName}. */
  device: string;
  executable: boolean;
  /** The file had been unlinked or replaced when the range was listed. */
  deleted?: boolean;
}

/** Most mappings taken from one process; the kernel's own default limit (vm.max_map_count) is 65,530. */
export const MAX_MAPPINGS = 1 << 20;

const LINE =
  /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([r-][w-][x-][ps]) ([0-9a-f]{1,16}) ([0-9a-f]+:[0-9a-f]+) (\d{1,20})(?: +(.*))?$/s;

/**
 * Reads the text of /proc/PID/maps, in its order (upwards by address).
 *
 * Lines of another form are skipped, and so are ranges that end above 2^53, of which Linux has one: `[vsyscall]`.
 */
export function parseMaps(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  const paths = new Map<string, string>();
  for (let from = 0; from < text.length && mappings.length < MAX_MAPPINGS; ) {
    let to = text.indexOf("\n", from);
    if (to < 0) to = text.length;
    const mapping = parseLine(text.slice(from, to));
    if (mapping) {
      mapping.path = shared(paths, mapping.path);
      mappings.push(mapping);
    }
    from = to + 1;
  }
  return mappings;
}

/** The path in memory of its own, once: as it was cut out it would keep the whole text. */
function shared(paths: Map<string, string>, path: string): string {
  let own = paths.get(path);
  if (own === undefined) {
    own = Buffer.from(path).toString();
    paths.set(own, own);
  }
  return own;
}

function parseLine(line: string): Mapping | undefined {
  const match = LINE.exec(line);
  if (!match) return undefined;
  const start = Number.parseInt(match[1], 16);
  const end = Number.parseInt(match[2], 16);
  const fileOffset = Number.parseInt(match[4], 16);
  if (!(start < end) || !Number.isSafeInteger(end) || !Number.isSafeInteger(fileOffset)) return undefined;
  const inode = BigInt(match[6]);
  const shown = match[7] ?? "";
  const deleted = inode !== 0n && shown.endsWith(DELETED);
  return {
    start,
    end,
    fileOffset,
    path: unescapePath(deleted ? shown.slice(0, -DELETED.length) : shown),
    inode,
    device: match[5],
    executable: match[3][2] === "x",
    ...(deleted ? { deleted } : {}),
  };
}

const DELETED = " (deleted)";

/** The kernel escapes the newline and nothing else (`show_map_vma`, fs/proc/task_mmu.c). */
function unescapePath(path: string): string {
  return path.includes("\\012") ? path.replaceAll("\\012", "\n") : path;
}

/** Writes a device number the way /proc/PID/maps does: `fe:00`. */
export function deviceName(major: number, minor: number): string {
  return `${major.toString(16).padStart(2, "0")}:${minor.toString(16).padStart(2, "0")}`;
}

/** Says whether a range has no file behind it: plain memory, where JITs put code. */
export function isAnonymous(mapping: Mapping): boolean {
  const path = mapping.path;
  return path === "" || path === "[heap]" || path.startsWith("[stack") || path.startsWith("[anon");
}
