import type { AbsoluteAddress } from "../symbols/address.js";
import type { Mapping } from "../symbols/maps.js";
import { ARENA_WORDS, ArenaSpans } from "./arena-spans.js";
import { ExitedProcesses } from "./exited-processes.js";
import type { HeldFiles } from "./held-files.js";
import { type UnwindMapping, unwindMappings } from "./mapping-list.js";
import { Pace } from "./pace.js";
import type { Privileged } from "./privileged.js";
import { processesByCpuTime } from "./proc-stat.js";
import type { ProcessImage } from "./process-image.js";
import { ProcessTimeline } from "./process-timeline.js";
import type { WindowOptions } from "./protocol.js";
import { SideBand } from "./side-band.js";
import { monotonicNs } from "./side-band-record.js";
import { TableThread } from "./table-thread.js";
import { UnwindArena, type UnwindMaps } from "./unwind-maps.js";
import { UnwindProcesses } from "./unwind-processes.js";
import { type TableEntry, UnwindTables } from "./unwind-tables.js";
import { namedProcesses, type Watch } from "./watch.js";
import { within } from "./within.js";

/** Memory that tables may take when no option says otherwise, in MiB. */
export const DEFAULT_TABLE_MEGABYTES = 64;
const WORDS_PER_MEGABYTE = 1 << 17;

/** Longest wait for the tables of processes that a window names, in milliseconds. */
const NAMED_WAIT_MS = 5000;
/** Longest wait of a window on all processes, whose tables may come while it is open, in milliseconds. */
const EVERYONE_WAIT_MS = 500;
/** Longest stretch of work before the rings get their turn, in milliseconds. */
const SLICE_MS = 5;
/**
 * How often the records are read while a window looks at all processes, of which new ones come, and otherwise, when
 * streams have them read before their samples; in milliseconds.
 */
const DRAIN_MS = 5;
const IDLE_DRAIN_MS = 250;

/**
 * What it takes to unwind and to name the processes that windows look at: their images over time, their files, their
 * tables in the arena, their mapping lists.
 *
 * One for the sampler, whatever the number of streams; it stays warm between windows.
 */
export class Unwinding {
  readonly maps: UnwindMaps;
  readonly timeline: ProcessTimeline;
  readonly #spans = new ArenaSpans(DEFAULT_TABLE_MEGABYTES * WORDS_PER_MEGABYTE);
  readonly #sideBand: SideBand;
  readonly #thread: TableThread;
  readonly #tables: UnwindTables;
  readonly #processes: UnwindProcesses;
  readonly #watches = new Set<Watch>();
  /** Processes whose list may be another now. */
  readonly #changed = new Set<number>();
  #changes = 0;
  readonly #pace = new Pace();
  readonly #exited = new ExitedProcesses();
  #drainTimer: NodeJS.Timeout | undefined;
  #publishTimer: NodeJS.Timeout | undefined;

  /** @throws what {@link Privileged.makeUnwindMaps} throws */
  constructor(
    private readonly privileged: Privileged,
    private readonly files: HeldFiles,
    cacheDirectory: string | undefined,
  ) {
    this.maps = privileged.makeUnwindMaps();
    this.timeline = new ProcessTimeline(privileged, {
      onMapping: (image, mapping) => {
        if (!this.#isWatched(image.pid)) return;
        this.files.hold(image.pid, mapping);
        this.#changed.add(image.pid);
        this.#countChange(image);
      },
      onImage: (image, parentPid) => {
        if (parentPid === undefined) this.#tables.release(image.pid);
        // The program gave it its parent's list already.
        else this.#processes.inherit(parentPid, image.pid);
        this.#changed.add(image.pid);
        this.#countChange(image);
      },
      onExit: (image) => this.#exited.add(image),
    });
    const arena = new UnwindArena(this.maps);
    this.#thread = new TableThread(cacheDirectory);
    this.#tables = new UnwindTables(arena, this.#spans, this.files, this.#thread, (entry) =>
      this.#tableChanged(entry),
    );
    this.#processes = new UnwindProcesses(arena, this.#spans, this.maps.processes);
    // Before the first process is read, so that nothing is missed between.
    this.#sideBand = new SideBand(privileged);
    this.#setDrainTimer();
  }

  /**
   * Makes ready for a window: when this settles, the tables of the processes that it names are in; of all processes,
   * as many as come in a short time, those first that used most CPU.
   */
  async watch(options: WindowOptions): Promise<Watch> {
    this.#spans.limitWords = Math.min(
      ARENA_WORDS,
      (options.unwindTableMegabytes ?? DEFAULT_TABLE_MEGABYTES) * WORDS_PER_MEGABYTE,
    );
    const watch: Watch = { pids: namedProcesses(options) };
    if (options.kernelOnly) watch.pids = new Set();
    this.#watches.add(watch);
    this.#setDrainTimer();
    this.#tables.retry();
    this.drain();
    const wanted = new Set<TableEntry>();
    const isNamed = watch.pids !== undefined;
    const waitMs = isNamed ? NAMED_WAIT_MS : EVERYONE_WAIT_MS;
    const inTime = this.#publishAll(watch, [...(watch.pids ?? processesByCpuTime())], wanted, isNamed);
    await within(
      waitMs,
      inTime.then(() => this.#tables.settled(wanted)),
    );
    // No sample shall come before tables that are there.
    for (const pid of watch.pids ?? []) this.#pace.hurry(pid);
    this.drain();
    return watch;
  }

  /** A window has ended. */
  unwatch(watch: Watch): void {
    this.#watches.delete(watch);
    this.#setDrainTimer();
  }

  /** Forgets what no sample refers to any more; call it when no window is open and no result is being made. */
  forgetPast(): void {
    this.timeline.forgetPast();
  }

  /** How often a process that a window names has mapped code or become another program. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Reads what the kernel recorded and tells BPF of it.
   *
   * @returns the time up to which everything is known, in nanoseconds of CLOCK_MONOTONIC
   */
  drain(): number {
    // What streams have read is not read again at once.
    this.#drainTimer?.refresh();
    let untilNs = 0;
    for (let round = 0; round < 3; round++) {
      untilNs = this.#sideBand.drain((record) => this.timeline.take(record));
      this.timeline.readNew();
      // Of a list that is given to a process just when it executes another program we learn in the next round.
      if (!this.#publishChanged()) break;
    }
    this.#forgetExited();
    return untilNs;
  }

  /** A CPU was away for a time in which nothing was recorded of it. */
  cpuWasAway(cpu: number): void {
    this.#sideBand.reopen(cpu);
    this.timeline.take({ type: "lost", timeNs: monotonicNs(), count: 0 });
  }

  /** The image of a process at the time of a sample. */
  imageAt(pid: number, timeNs: number): ProcessImage {
    return this.timeline.at(pid, timeNs);
  }

  /** A sample of the image could not be walked: its list, or something on it, is missing. */
  missed(image: ProcessImage): void {
    if (!this.#processes.has(image.pid)) this.#changed.add(image.pid);
    if (!this.#sideBand.isOpen) this.timeline.readAgain(image);
  }

  /** How to unwind an image's code, with the tables that are there now. */
  mappingsOf(image: ProcessImage): UnwindMapping[] {
    return unwindMappings(image.mappings, (mapping) => this.#tables.want(image.pid, mapping));
  }

  /** Reads code of a process, from its file or, where there is none, from its memory while it lives. */
  readCode(image: ProcessImage, mapping: Mapping, address: AbsoluteAddress, length: number): Uint8Array {
    return mapping.inode === 0n
      ? this.privileged.readMemory(image.pid, address, length)
      : this.files.read(image.pid, mapping, mapping.fileOffset + address - mapping.start, length);
  }

  /** Settles when the tables of an image are there, or after `waitMs`. */
  async ready(images: Iterable<ProcessImage>, waitMs: number): Promise<void> {
    this.drain();
    const entries = new Set<TableEntry>();
    for (const image of images)
      for (const { entry } of this.mappingsOf(image)) if (entry !== undefined) entries.add(entry);
    await within(waitMs, this.#tables.settled(entries));
  }

  /** Where an address is mapped in an image is found here too when the kernel's records do not come. */
  refresh(pids: Iterable<number>): void {
    if (!this.#sideBand.isOpen) this.timeline.refresh(pids);
  }

  /** Says, for people, what may be missing. */
  notes(): string[] {
    const lost = this.timeline.lostRecords;
    const notes = this.#sideBand.notes();
    if (lost > 0)
      notes.push(`${lost} records of new mappings and processes were lost; mappings were read again`);
    return notes;
  }

  close(): void {
    clearInterval(this.#drainTimer);
    clearTimeout(this.#publishTimer);
    this.#thread.close();
    this.#sideBand.close();
    this.maps.close();
  }

  #setDrainTimer(): void {
    clearInterval(this.#drainTimer);
    const isOnAll = [...this.#watches].some(({ pids }) => pids === undefined);
    this.#drainTimer = setInterval(() => this.drain(), isOnAll ? DRAIN_MS : IDLE_DRAIN_MS).unref();
  }

  /** Reads and publishes processes in slices, so that the rings are emptied meanwhile. */
  async #publishAll(watch: Watch, pids: number[], wanted: Set<TableEntry>, urgent: boolean): Promise<void> {
    let sliceStart = performance.now();
    for (const pid of pids) {
      if (!this.#watches.has(watch)) return;
      const image = this.timeline.open(pid);
      if (image !== undefined) {
        for (const mapping of image.mappings) this.files.hold(pid, mapping);
        for (const { entry } of this.#publish(image, urgent)) if (entry !== undefined) wanted.add(entry);
      }
      if (performance.now() - sliceStart < SLICE_MS) continue;
      await new Promise((resolve) => setTimeout(resolve, 1));
      sliceStart = performance.now();
    }
  }

  #countChange({ pid }: ProcessImage): void {
    for (const { pids } of this.#watches) if (pids?.has(pid)) this.#changes++;
  }

  #isWatched(pid: number): boolean {
    for (const { pids } of this.#watches) if (pids === undefined || pids.has(pid)) return true;
    return false;
  }

  /** @returns whether a process got another list */
  #publishChanged(): boolean {
    if (this.#watches.size === 0) {
      // No program is there that forgets lists in time.
      for (const pid of this.#changed) this.#processes.remove(pid);
      this.#changed.clear();
      return false;
    }
    const isLater = (pid: number) => !this.#pace.isDue(pid);
    const watched = [...this.#changed].filter((pid) => this.#isWatched(pid) && !isLater(pid));
    for (const pid of this.#changed) if (!isLater(pid)) this.#changed.delete(pid);
    let isPublished = false;
    for (const pid of watched) {
      const image = this.timeline.latest(pid);
      if (image === undefined || image.endNs < Number.POSITIVE_INFINITY) continue;
      this.#pace.run(pid, () => {
        const known = image.isComplete || image.isUnreadable ? image : (this.timeline.open(pid) ?? image);
        if (known.mappings.size === 0) return;
        this.#publish(known, false);
        isPublished = true;
      });
    }
    // Reading one may have noted it as changed again.
    for (const pid of watched) this.#changed.delete(pid);
    return isPublished;
  }

  #publish(image: ProcessImage, urgent: boolean): UnwindMapping[] {
    const list = unwindMappings(image.mappings, (mapping) => this.#tables.want(image.pid, mapping, urgent));
    this.#processes.publish(image.pid, list);
    return list;
  }

  #tableChanged(entry: TableEntry): void {
    for (const pid of entry.users) this.#changed.add(pid);
    // Many come one after the other, and most of them are in many processes.
    this.#publishTimer ??= setTimeout(() => {
      this.#publishTimer = undefined;
      this.drain();
    }, SLICE_MS);
  }

  #forgetExited(): void {
    for (const pid of this.#exited.takeGone((pid) => this.timeline.latest(pid))) {
      this.#processes.remove(pid);
      this.#tables.release(pid);
    }
  }
}
