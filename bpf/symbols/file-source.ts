import type { Mapping } from "./maps.js";
import type { Reason } from "./reason.js";

/** Opens and reads what the symbolizer needs, with whatever privileges that takes. */
export interface FileSource {
  /** Opens the file behind a mapping for reading; the descriptor belongs to the caller. Does not throw. */
  openMapped(pid: number, mapping: Mapping): { fd: number } | Reason;
  /**
   * Opens what may be the separate debug file of something that the process maps; the caller checks that it is.
   *
   * @param path as the process sees it. Does not throw.
   */
  openDebugFile(pid: number, path: string): { fd: number } | Reason;
  /** Returns the text of /proc/modules; undefined if it cannot be read. */
  readModules?(): string | undefined;
  /** Returns the text of /proc/kallsyms. @throws if it cannot be read */
  readKallsyms(): string;
  /** Returns the perf map that a process's JIT wrote, of one that is larger than `maxBytes` its end. */
  readPerfMap(pid: number, maxBytes?: number): Uint8Array | undefined;
  /** Returns the lines of /proc/PID/maps that are of executable ranges. */
  readMaps(pid: number): string | undefined;
  /** Returns /proc/sys/kernel/kptr_restrict, to explain hidden kernel addresses. */
  readKptrRestrict?(): string | undefined;
}
