import { deviceName, type Mapping } from "../symbols/maps.js";

/** What the kernel said of a process at a time, in nanoseconds of CLOCK_MONOTONIC. Ids are in our PID namespace. */
export type SideBandRecord = { timeNs: number } & (
  | { type: "map"; pid: number; mapping: Mapping; buildId?: string }
  | { type: "exec"; pid: number; comm: string }
  | { type: "fork"; pid: number; parentPid: number }
  /** The first thread of a process ended; others may still run. */
  | { type: "exit"; pid: number }
  | { type: "lost"; count: number }
);

// enum perf_event_type and PERF_RECORD_MISC_*, include/uapi/linux/perf_event.h.
const PERF_RECORD_LOST = 2;
const PERF_RECORD_COMM = 3;
const PERF_RECORD_EXIT = 4;
const PERF_RECORD_FORK = 7;
const PERF_RECORD_MMAP2 = 10;
const MISC_COMM_EXEC = 1 << 13;
const MISC_MMAP_DATA = 1 << 13;
const MISC_MMAP_BUILD_ID = 1 << 14;
const MAX_BUILD_ID_BYTES = 20;
/** What an event says for a process of another PID namespace, beside 0. */
const NO_PID = 0xffff_ffff;

/**
 * Decodes a record of an event with the options `mmap`, `comm`, `task` and `timed`.
 *
 * @returns undefined for what says nothing about a process that we can see: threads, other names, other namespaces
 */
export function decodeSideBand(bytes: Uint8Array): SideBandRecord | undefined {
  if (bytes.length < 16 + 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint32(0, true);
  const misc = view.getUint16(4, true);
  const timeNs = Number(view.getBigUint64(bytes.length - 8, true));
  if (type === PERF_RECORD_LOST)
    return bytes.length < 32 ? undefined : { type: "lost", timeNs, count: u64(view, 16) };
  const pid = view.getUint32(8, true);
  if (pid === 0 || pid === NO_PID) return undefined;
  switch (type) {
    case PERF_RECORD_MMAP2:
      return bytes.length < 72 + 8 || (misc & MISC_MMAP_DATA) !== 0
        ? undefined
        : decodeMapping(bytes, view, { pid, timeNs, hasBuildId: (misc & MISC_MMAP_BUILD_ID) !== 0 });
    case PERF_RECORD_COMM:
      // The executing thread takes the id of the first one before this is written.
      return (misc & MISC_COMM_EXEC) === 0 ? undefined : { type: "exec", timeNs, pid, comm: text(bytes, 16) };
    case PERF_RECORD_FORK: {
      // pid, ppid, tid, ptid: a thread of the same process has its pid as parent.
      if (bytes.length < 32) return undefined;
      const parentPid = view.getUint32(12, true);
      return pid === parentPid || view.getUint32(16, true) !== pid
        ? undefined
        : { type: "fork", timeNs, pid, parentPid };
    }
    case PERF_RECORD_EXIT:
      return bytes.length < 32 || view.getUint32(16, true) !== pid
        ? undefined
        : { type: "exit", timeNs, pid };
    default:
      return undefined;
  }
}

/** pid, tid, addr 16, len 24, pgoff 32, maj 40, min 44, ino 48, generation 56, prot 64, flags 68, filename 72. */
function decodeMapping(
  bytes: Uint8Array,
  view: DataView,
  { pid, timeNs, hasBuildId }: { pid: number; timeNs: number; hasBuildId: boolean },
): SideBandRecord | undefined {
  const start = u64(view, 16);
  const end = start + u64(view, 24);
  if (!(start < end) || !Number.isSafeInteger(end)) return undefined;
  const shown = text(bytes, 72);
  // perf_event_mmap_event, kernel/events/core.c: "//anon" for memory without a file.
  const path = shown === "//anon" ? "" : shown;
  const isFile = path.startsWith("/") && path !== "//enomem" && path !== "//toolong";
  const idBytes = Math.min(bytes[40], MAX_BUILD_ID_BYTES);
  const mapping: Mapping = {
    start,
    end,
    fileOffset: isFile ? u64(view, 32) : 0,
    path,
    inode: hasBuildId ? 0n : view.getBigUint64(48, true),
    device: hasBuildId ? "" : deviceName(view.getUint32(40, true), view.getUint32(44, true)),
    executable: true,
  };
  if (!hasBuildId) return { type: "map", timeNs, pid, mapping };
  return {
    type: "map",
    timeNs,
    pid,
    mapping,
    buildId: Buffer.from(bytes.subarray(44, 44 + idBytes)).toString("hex"),
  };
}

function text(bytes: Uint8Array, from: number): string {
  const end = bytes.indexOf(0, from);
  const last = bytes.length - 8;
  return Buffer.from(bytes.subarray(from, end < 0 || end > last ? last : end)).toString("utf8");
}

function u64(view: DataView, offset: number): number {
  return Number(view.getBigUint64(offset, true));
}

/** CLOCK_MONOTONIC in nanoseconds, the clock of bpf_ktime_get_ns(); exact for 104 days of uptime (2^53 ns), then to 2 ns. */
export function monotonicNs(): number {
  return Number(process.hrtime.bigint());
}
