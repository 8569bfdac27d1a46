import type { FileSource } from "../symbols/file-source.js";
import { type Mapping, parseMaps } from "../symbols/maps.js";
import { Pace } from "./pace.js";
import { ProcessImage } from "./process-image.js";
import { monotonicNs, type SideBandRecord } from "./side-band-record.js";

/** Most images that are remembered; beyond it those go that ended, first those that no sample refers to. */
const MAX_IMAGES = 1 << 15;
/** Most mappings that the images of one process hold together; beyond it its own oldest images go. */
const MAX_MAPPINGS_OF_IMAGES = 1 << 16;
/**
 * An image lives this long at least for each of its mappings, in nanoseconds, a multiple of what its copy costs: changes
 * within that time are made to it.
 */
const LEAST_LIFE_OF_MAPPING_NS = 300;

/** What changes in the timeline; each is called as it becomes known. */
export interface TimelineEvents {
  /** An executable mapping became known. */
  onMapping(image: ProcessImage, mapping: Mapping): void;
  /** A process got another image, or its first; with `parentPid` that of the process that forked it. */
  onImage(image: ProcessImage, parentPid?: number): void;
  /** A process's first thread ended. */
  onExit(image: ProcessImage): void;
}

/** What every process had mapped at what time: from /proc when it is first asked for, then by the kernel's records. */
export class ProcessTimeline {
  /** By process, oldest first. */
  readonly #byPid = new Map<number, ProcessImage[]>();
  readonly #byNumber = new Map<number, ProcessImage>();
  readonly #unread = new Set<ProcessImage>();
  #nextNumber = 1;
  #lost = 0;

  constructor(
    private readonly files: Pick<FileSource, "readMaps">,
    private readonly events: TimelineEvents,
    private readonly pace = new Pace(),
  ) {}

  /** Records that the kernel had no room for. */
  get lostRecords(): number {
    return this.#lost;
  }

  get(number: number): ProcessImage | undefined {
    return this.#byNumber.get(number);
  }

  /** The newest image of each process that has not ended. */
  *live(): Generator<ProcessImage, void> {
    for (const images of this.#byPid.values()) {
      const last = images[images.length - 1];
      if (last.endNs === Number.POSITIVE_INFINITY) yield last;
    }
  }

  /** The newest image of a process. */
  latest(pid: number): ProcessImage | undefined {
    return this.#byPid.get(pid)?.at(-1);
  }

  /** The image of a process at a time; one that nothing was known about is read by the next {@link readNew}. */
  at(pid: number, timeNs: number): ProcessImage {
    const images = this.#byPid.get(pid);
    let image = images?.[images.length - 1];
    // Samples come after what was recorded, so that this is nearly always the last one.
    for (let i = (images?.length ?? 0) - 2; i >= 0 && image && image.fromNs > timeNs; i--)
      image = images?.[i];
    image ??= this.#begin(pid, timeNs);
    image.isSampled = true;
    if (!image.isComplete && !image.isUnreadable) this.#unread.add(image);
    return image;
  }

  /** Reads the mappings of the processes that were asked for, while they live. */
  readNew(): void {
    for (const image of this.#unread) {
      if (!image.isComplete && !this.pace.isDue(image.pid)) continue;
      this.#unread.delete(image);
      if (!image.isComplete) this.pace.run(image.pid, () => this.#read(image));
    }
  }

  /** Has the mappings of an image read again by the next {@link readNew}. */
  readAgain(image: ProcessImage): void {
    image.isComplete = false;
    if (!image.isUnreadable) this.#unread.add(image);
  }

  /** Makes sure that a process's mappings are known. @returns undefined for one that does not live */
  open(pid: number): ProcessImage | undefined {
    let image = this.latest(pid);
    if (image === undefined || image.endNs < Number.POSITIVE_INFINITY) {
      image = this.#begin(pid, monotonicNs());
    }
    if (!image.isComplete) this.#read(image);
    return image.isComplete ? image : undefined;
  }

  /** Takes what the kernel recorded, in the order of time. */
  take(record: SideBandRecord): void {
    switch (record.type) {
      case "lost":
        this.#lost += record.count;
        for (const image of this.live()) {
          image.isComplete = false;
          if (image.isSampled) this.#unread.add(image);
        }
        return;
      case "fork":
        this.#begin(record.pid, record.timeNs, this.latest(record.parentPid), record.parentPid);
        return;
      case "exec":
        this.#exec(record.pid, record.timeNs);
        return;
      case "exit": {
        const image = this.latest(record.pid);
        if (image === undefined) return;
        image.endNs = record.timeNs;
        this.events.onExit(image);
        return;
      }
      case "map":
        this.#map(record.pid, record.timeNs, record.mapping);
    }
  }

  /** Reads again what may have changed without a record. */
  refresh(pids: Iterable<number>): void {
    for (const pid of pids) {
      const image = this.latest(pid);
      if (image && image.endNs === Number.POSITIVE_INFINITY) this.#read(image);
    }
  }

  /** Forgets the images of the past; call it when no sample that refers to one is left. */
  forgetPast(): void {
    for (const [pid, images] of this.#byPid) {
      const last = images[images.length - 1];
      const kept = last.endNs === Number.POSITIVE_INFINITY ? [last] : [];
      for (const image of images) if (!kept.includes(image)) this.#byNumber.delete(image.number);
      if (kept.length === 0) this.#byPid.delete(pid);
      else this.#byPid.set(pid, kept);
      last.isSampled = false;
    }
    this.#unread.clear();
  }

  #exec(pid: number, timeNs: number): void {
    const old = this.latest(pid);
    const image = this.#begin(pid, timeNs);
    image.isComplete = true;
    if (old === undefined || old.readNs <= timeNs) return;
    // It was read after it had executed: that was the new image already.
    for (const mapping of old.mappings) this.#add(image, mapping);
    image.readNs = old.readNs;
    old.unread();
  }

  #map(pid: number, timeNs: number, mapping: Mapping): void {
    let image = this.latest(pid);
    // Of a process that nobody asked for the mappings are read when somebody does.
    if (image === undefined || timeNs < image.readNs) return;
    // It was its first thread that ended.
    if (timeNs > image.endNs) image.endNs = Number.POSITIVE_INFINITY;
    const isBrief = timeNs - image.fromNs < image.mappings.size * LEAST_LIFE_OF_MAPPING_NS;
    if (!isBrief && image.contradicts(mapping)) image = this.#begin(pid, timeNs, image);
    this.#add(image, mapping);
  }

  #add(image: ProcessImage, mapping: Mapping): void {
    if (image.add(mapping)) this.events.onMapping(image, mapping);
  }

  #read(known: ProcessImage): void {
    const timeNs = monotonicNs();
    const text = this.files.readMaps(known.pid);
    if (!text) {
      known.isUnreadable = true;
      return;
    }
    const mappings = parseMaps(text);
    // Something was missed: another program, or other code in a place of before.
    const isOther = mappings.some((mapping) => known.contradicts(mapping));
    const image = isOther ? this.#begin(known.pid, timeNs) : known;
    image.read(mappings, timeNs);
    for (const mapping of image.mappings) this.events.onMapping(image, mapping);
  }

  #begin(pid: number, timeNs: number, origin?: ProcessImage, parentPid?: number): ProcessImage {
    const image = new ProcessImage(this.#nextNumber++, pid, timeNs, origin);
    const images = this.#byPid.get(pid);
    this.#byNumber.set(image.number, image);
    if (images === undefined) this.#byPid.set(pid, [image]);
    else {
      images.push(image);
      this.#forgetOldest(images);
    }
    if (this.#byNumber.size > MAX_IMAGES) this.#shrink();
    this.events.onImage(image, parentPid);
    return image;
  }

  /** Forgets the oldest images of a process that made too much of them, so that none of others has to go. */
  #forgetOldest(images: ProcessImage[]): void {
    let held = 0;
    let first = images.length;
    while (first > 0 && held <= MAX_MAPPINGS_OF_IMAGES) held += images[--first].mappings.size + 1;
    if (held <= MAX_MAPPINGS_OF_IMAGES) return;
    for (const image of images.splice(0, Math.min(first + 1, images.length - 1))) {
      this.#byNumber.delete(image.number);
      this.#unread.delete(image);
    }
  }

  /** Forgets a quarter of the images. */
  #shrink(): void {
    const rank = (image: ProcessImage) =>
      (image.endNs < Number.POSITIVE_INFINITY ? 0 : 2) + Number(image.isSampled);
    const all = [...this.#byNumber.values()];
    const order = [0, 1, 2, 3].flatMap((wanted) => all.filter((image) => rank(image) === wanted));
    for (const image of order.slice(0, MAX_IMAGES / 4)) {
      this.#byNumber.delete(image.number);
      this.#unread.delete(image);
      const left = (this.#byPid.get(image.pid) ?? []).filter((other) => other !== image);
      if (left.length === 0) this.#byPid.delete(image.pid);
      else this.#byPid.set(image.pid, left);
    }
  }
}
