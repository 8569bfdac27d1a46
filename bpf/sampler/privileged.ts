import type { BpfObject, PerfEvent } from "libbpf-ts";
import type { FileSource } from "../symbols/file-source.js";
import type { UnwindMaps } from "./unwind-maps.js";

/**
 * Everything that needs a privilege, in one place: with another implementation the sampler runs without any.
 *
 * What comes back (descriptors inside objects, texts) can be used by a process that has no capability at all.
 */
export interface Privileged extends FileSource {
  /**
   * Makes the maps with what the program unwinds by.
   *
   * @throws {PermissionError | UnsupportedError | LibraryNotFoundError}
   */
  makeUnwindMaps(): UnwindMaps;

  /**
   * Loads the sampler program with a ring buffer of `ringBytes`.
   *
   * @param unwindMaps what {@link makeUnwindMaps} of the same implementation made
   * @throws {PermissionError | UnsupportedError | VerifierError | LibraryNotFoundError}
   */
  loadSampler(ringBytes: number, unwindMaps: UnwindMaps): BpfObject;

  /** Reads memory of a process; what cannot be read is missing at the end. Does not throw. */
  readMemory(pid: number, address: number, length: number): Uint8Array;

  /** Opens a cpu-clock event, disabled, that fires `frequencyHz` times a second on `cpu`. */
  openTick(cpu: number, frequencyHz: number): PerfEvent;

  /**
   * Opens an event, disabled, for the timed records of executable mappings, execve(2), forks and exits on `cpu`.
   *
   * @throws {PermissionError | BpfError}
   */
  openSideBand(cpu: number): PerfEvent;
}
