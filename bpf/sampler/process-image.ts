import { MappingTable } from "../symbols/mapping-table.js";
import { isAnonymous, type Mapping } from "../symbols/maps.js";

/** Most executable mappings of one process that are known; code beyond them is in no mapping. */
export const MAX_MAPPINGS = 16_384;

/**
 * A stretch of a process's life in which no address of its code changed its meaning.
 *
 * It begins with the process, with execve(2), or when other code is mapped where there was some; code that is mapped
 * where there was none is added to it.
 */
export class ProcessImage {
  /** Changes with the mappings. */
  version = 0;
  /** All executable mappings are known: they were read, or recorded since the execve(2). */
  isComplete = false;
  /** When /proc/PID/maps was read last, in nanoseconds; records from before it add nothing. */
  readNs = Number.NEGATIVE_INFINITY;
  /** When its first thread ended. */
  endNs = Number.POSITIVE_INFINITY;
  /** Its mappings could not be read: it is gone, or it is not ours to see. */
  isUnreadable = false;
  /** A sample refers to it. */
  isSampled = false;
  #mappings: MappingTable;
  /** The table is also another image's. */
  #isShared = false;
  #beforeRead: MappingTable | undefined;

  constructor(
    /** Tells images apart, also those of one process. */
    readonly number: number,
    readonly pid: number,
    /** Nanoseconds of CLOCK_MONOTONIC. */
    readonly fromNs: number,
    origin?: ProcessImage,
  ) {
    this.#mappings = origin?.share() ?? new MappingTable();
    if (origin === undefined) return;
    this.#isShared = true;
    this.isComplete = origin.isComplete;
    this.readNs = origin.readNs;
  }

  /** The executable mappings; only for reading. */
  get mappings(): MappingTable {
    return this.#mappings;
  }

  /** Whether the mapping would change the meaning of an address. */
  contradicts(mapping: Mapping): boolean {
    for (const known of this.#mappings.overlapping(mapping.start, mapping.end))
      if (!continues(known, mapping)) return true;
    return false;
  }

  /** @returns false when it says nothing new */
  add(mapping: Mapping): boolean {
    const known = this.#mappings.find(mapping.start);
    if (known && known.end >= mapping.end && continues(known, mapping)) return false;
    if (known === undefined && this.#mappings.size >= MAX_MAPPINGS) return false;
    if (this.#isShared) this.#mappings = new MappingTable(this.#mappings);
    this.#isShared = false;
    this.#mappings.add(mapping);
    this.version++;
    return true;
  }

  /** Adds what was read; what was known stays, because a sample may be of a time before it was unmapped. */
  read(mappings: Iterable<Mapping>, timeNs: number): void {
    this.#beforeRead ??= this.share();
    for (const mapping of mappings) this.add(mapping);
    this.readNs = timeNs;
    this.isComplete = true;
  }

  /** Gives up what was read, because it belonged to the process's next image. */
  unread(): void {
    this.#mappings = this.#beforeRead ?? new MappingTable();
    this.#isShared = true;
    this.isComplete = false;
    this.isUnreadable = true;
    this.version++;
  }

  private share(): MappingTable {
    this.#isShared = true;
    return this.#mappings;
  }
}

/** Both map the same bytes of the same file, or plain memory. */
function continues(known: Mapping, mapping: Mapping): boolean {
  if (isAnonymous(known) || isAnonymous(mapping)) return isAnonymous(known) && isAnonymous(mapping);
  return (
    known.path === mapping.path &&
    known.inode === mapping.inode &&
    known.start - known.fileOffset === mapping.start - mapping.fileOffset
  );
}
