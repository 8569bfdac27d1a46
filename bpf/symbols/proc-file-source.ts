import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
} from "node:fs";
import type { FileSource } from "./file-source.js";
import { deviceName, type Mapping } from "./maps.js";
import { livingThread, readExecutableMaps } from "./proc-maps.js";
import { isReason, type Reason } from "./reason.js";

/** Most that is read of a perf map, half a second of work: its end, because later entries win. */
export const MAX_PERF_MAP_BYTES = 32 << 20;

/** O_NONBLOCK: opening a FIFO must not wait for a writer. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Opens files with this process's own rights, through /proc. */
export class ProcFileSource implements FileSource {
  /**
   * Tries /proc/PID/map_files, which also has unlinked files but takes CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE; then
   * the path inside the process's root, then the path here, both only if they are the very file that is mapped.
   */
  openMapped(pid: number, mapping: Mapping): { fd: number } | Reason {
    const opened = this.#openMapped(pid, mapping);
    if (opened !== "file-gone") return opened;
    const thread = livingThread(pid);
    return thread === pid ? opened : this.#openMapped(thread, mapping);
  }

  #openMapped(pid: number, mapping: Mapping): { fd: number } | Reason {
    const range = `${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
    const byRange = `/proc/${pid}/map_files/${range}`;
    const byPath = mapping.path.startsWith("/") ? [`/proc/${pid}/root${mapping.path}`, mapping.path] : [];
    let reason: Reason = "file-gone";
    for (const path of [byRange, ...byPath]) {
      const opened = openRegular(path);
      if (isReason(opened)) {
        if (opened !== "file-gone") reason = opened;
        continue;
      }
      const isSame = isInode(opened.stat, mapping) && (path === byRange || isOnDevice(opened.stat, mapping));
      if (isSame) return { fd: opened.fd };
      closeSync(opened.fd);
    }
    return reason;
  }

  /**
   * Tries the path inside the process's root, then here; only files of root or of the process's user.
   *
   * Distributions make links under /usr/lib/debug, which are followed; beside the program, where its user may write,
   * they are not.
   */
  openDebugFile(pid: number, path: string): { fd: number } | Reason {
    const owner = ownerOf(pid);
    const flags = path.startsWith("/usr/lib/debug/") ? FLAGS : FLAGS | constants.O_NOFOLLOW;
    for (const root of [`/proc/${livingThread(pid)}/root`, ""]) {
      const opened = openRegular(root + path, flags);
      if (isReason(opened)) continue;
      if (isTrusted(opened.stat, owner)) return { fd: opened.fd };
      closeSync(opened.fd);
    }
    return "file-gone";
  }

  readModules(): string | undefined {
    // A Linux kernel may be built without modules.
    return existsSync("/proc/modules") ? readText("/proc/modules") : "";
  }

  readKallsyms(): string {
    return readFileSync("/proc/kallsyms", "latin1");
  }

  /** Reads the perf map in the process's own /tmp, under the pid that the process has there, else in ours. */
  readPerfMap(pid: number, maxBytes = MAX_PERF_MAP_BYTES): Uint8Array | undefined {
    const inner = /^NSpid:.*?(\d+)$/m.exec(readText(`/proc/${pid}/status`) ?? "")?.[1] ?? String(pid);
    const owner = ownerOf(pid);
    // /tmp by name, whatever TMPDIR says: so perf's documentation has it (tools/perf/Documentation/jit-interface.txt).
    return (
      readOwned(`/proc/${livingThread(pid)}/root/tmp/perf-${inner}.map`, owner, maxBytes) ??
      readOwned(`/tmp/perf-${pid}.map`, owner, maxBytes)
    );
  }

  readMaps(pid: number): string | undefined {
    return readExecutableMaps(pid);
  }

  readKptrRestrict(): string | undefined {
    return readText("/proc/sys/kernel/kptr_restrict");
  }
}

type Stat = ReturnType<typeof bigStat>;

function bigStat(fd: number) {
  return fstatSync(fd, { bigint: true });
}

function openRegular(path: string, flags = FLAGS): { fd: number; stat: Stat } | Reason {
  try {
    // Asked before it is opened, because opening a device can have effects; asked again after.
    if (!statSync(path).isFile()) return "unsupported";
    const fd = openSync(path, flags);
    return { fd, stat: bigStat(fd) };
  } catch (error) {
    return REASON_OF[(error as NodeJS.ErrnoException).code ?? ""] ?? "io-error";
  }
}

const REASON_OF: Record<string, Reason> = {
  ENOENT: "file-gone",
  ESRCH: "file-gone",
  ENOTDIR: "file-gone",
  ELOOP: "file-gone",
  EACCES: "permission",
  EPERM: "permission",
};

function isInode(stat: Stat, mapping: Mapping): boolean {
  return stat.isFile() && stat.ino === mapping.inode;
}

/** On btrfs never true: there stat(2) has a device for each subvolume, and only map_files leads to the file. */
function isOnDevice(stat: Stat, mapping: Mapping): boolean {
  // The encoding of dev_t in user space (glibc, gnu_dev_major and gnu_dev_minor).
  const major = ((stat.dev >> 8n) & 0xfffn) | ((stat.dev >> 32n) & 0xfffff000n);
  const minor = (stat.dev & 0xffn) | ((stat.dev >> 12n) & 0xffffff00n);
  return deviceName(Number(major), Number(minor)) === mapping.device;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** User that a process runs as; undefined when it is gone. */
function ownerOf(pid: number): bigint | undefined {
  try {
    return statSync(`/proc/${pid}`, { bigint: true }).uid;
  } catch {
    return undefined;
  }
}

/** Says whether a regular file is root's or, if known, `owner`'s. */
function isTrusted(stat: Stat, owner: bigint | undefined): boolean {
  return stat.isFile() && (stat.uid === 0n || owner === undefined || stat.uid === owner);
}

/** Reads a file that belongs to root or, if known, to `owner`: anyone may write to /tmp. */
function readOwned(path: string, owner: bigint | undefined, maxBytes: number): Uint8Array | undefined {
  const opened = openRegular(path, FLAGS | constants.O_NOFOLLOW);
  if (isReason(opened)) return undefined;
  const { fd, stat } = opened;
  try {
    return isTrusted(stat, owner)
      ? readEnd(fd, Number(stat.size), Math.min(maxBytes, MAX_PERF_MAP_BYTES))
      : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** Whole lines of the end of a file. */
function readEnd(fd: number, size: number, maxBytes: number): Uint8Array {
  const from = Math.max(0, size - maxBytes);
  const bytes = Buffer.allocUnsafe(size - from);
  let done = 0;
  for (let count = -1; count !== 0 && done < bytes.length; done += count) {
    count = readSync(fd, bytes, done, bytes.length - done, from + done);
  }
  return bytes.subarray(from === 0 ? 0 : bytes.indexOf("\n") + 1, done);
}
