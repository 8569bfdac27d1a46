import { globMatcher } from "./glob.js";
import { HistoryFiles, type HistoryRecord } from "./history-files.js";

/** One cell that ran, as Jupyter lists it: session, line, and what was typed and shown. */
export interface HistoryEntry extends HistoryRecord {
  session: number;
}

/** Cells of this session that are kept in memory; a whole notebook's, many times over. */
const MAX_ENTRIES = 10_000;
/** Longer results are cut: what is looked for later is how they began. */
const MAX_OUTPUT_CHARACTERS = 10_000;

/** The cells of this session, and those of the sessions before, which are on disk. */
export class History {
  readonly #files: HistoryFiles | undefined;
  readonly #entries: HistoryRecord[] = [];
  /** Settles when all that was added is on disk. */
  #written: Promise<void> = Promise.resolve();
  /** Number of this session, once something of it is on disk. */
  #session: number | undefined;

  /** @param folder where sessions are kept; undefined: in memory only */
  constructor(folder?: string) {
    this.#files = folder === undefined ? undefined : new HistoryFiles(folder);
  }

  /** Takes a cell that is about to run. Does not wait for the disk, whose failure leaves the cell in memory. */
  add(line: number, input: string): void {
    this.#entries.push({ line, input });
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
    this.#append({ line, input });
  }

  /** Takes the text of a cell's result. */
  addOutput(line: number, text: string): void {
    const output = text.slice(0, MAX_OUTPUT_CHARACTERS);
    const entry = this.#entries.findLast((candidate) => candidate.line === line);
    if (entry) entry.output = output;
    this.#append({ line, output });
  }

  /** The last `count` cells of all sessions, oldest first. */
  tail(count: number): Promise<HistoryEntry[]> {
    return this.#last(count, () => true);
  }

  /**
   * Lines `start` to `stop`, the latter not included.
   *
   * @param session its number; 0: this one; below: so many before this one
   */
  async range(session: number, start: number, stop: number): Promise<HistoryEntry[]> {
    const { current, others } = await this.#sessions();
    const before = others.filter((number) => number < current);
    const number = session > 0 ? session : session === 0 ? current : before[-session - 1];
    const entries = number === undefined ? [] : await this.#read(number, current);
    return entries.filter(({ line }) => line >= start && line < stop);
  }

  /** The last `count` cells that match a pattern with `*`, `?` and `[…]`; with `isUnique`, of equal ones the last. */
  search(pattern: string, count: number, isUnique: boolean): Promise<HistoryEntry[]> {
    const matches = globMatcher(pattern);
    const seen = new Set<string>();
    return this.#last(count, ({ input }) => {
      if (!matches(input)) return false;
      const isNew = !seen.has(input);
      seen.add(input);
      return isNew || !isUnique;
    });
  }

  /** Resolves when everything is on disk and its file closed; what is added later stays in memory. */
  async close(): Promise<void> {
    await this.#written;
    await this.#files?.close();
  }

  /** Goes back from the newest cell, one session at a time, so that the kernel can answer others in between. */
  async #last(count: number, accepts: (entry: HistoryEntry) => boolean): Promise<HistoryEntry[]> {
    const { current, others } = await this.#sessions();
    const found: HistoryEntry[] = [];
    for (const session of [current, ...others]) {
      for (const entry of (await this.#read(session, current)).reverse()) {
        if (found.length >= count) return found.reverse();
        if (accepts(entry)) found.push(entry);
      }
    }
    return found.reverse();
  }

  /** Numbers of this session and of the others, newest first. */
  async #sessions(): Promise<{ current: number; others: number[] }> {
    await this.#written;
    const onDisk = (await this.#files?.sessions()) ?? [];
    const current = this.#session ?? (onDisk.at(-1) ?? 0) + 1;
    return { current, others: onDisk.filter((number) => number !== current).reverse() };
  }

  async #read(session: number, current: number): Promise<HistoryEntry[]> {
    const records = session === current ? this.#entries : await this.#files?.read(session);
    return (records ?? []).map((record) => ({ session, ...record }));
  }

  #append(record: Partial<HistoryRecord> & { line: number }): void {
    const files = this.#files;
    if (!files) return;
    this.#written = this.#written
      .then(async () => {
        this.#session ??= await files.begin();
        await files.append(record);
      })
      .catch(() => {}); // a full disk or a read-only home: memory has it
  }
}
