/** One cell that ran, as Jupyter lists it: session, line, text. */
export type HistoryEntry = [session: number, line: number, input: string];

const SESSION = 1;

/** The cells of this kernel's life, in memory. */
export class History {
  readonly #entries: HistoryEntry[] = [];

  add(line: number, input: string): void {
    this.#entries.push([SESSION, line, input]);
  }

  tail(count: number): HistoryEntry[] {
    return count > 0 ? this.#entries.slice(-count) : [];
  }

  /** Lines `start` to `stop`, the latter not included. Session 0 is the running one, as 1 is. */
  range(session: number, start: number, stop: number): HistoryEntry[] {
    if (session !== 0 && session !== SESSION) return [];
    return this.#entries.filter(([, line]) => line >= start && line < stop);
  }

  /** The last `count` cells that match a pattern with `*` and `?`. */
  search(pattern: string, count: number, isUnique: boolean): HistoryEntry[] {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(/\*/g, "[\\s\\S]*")
      .replace(/\?/g, "[\\s\\S]");
    const matcher = new RegExp(`^${source}$`);
    let found = this.#entries.filter(([, , input]) => matcher.test(input));
    if (isUnique) found = [...new Map(found.map((entry) => [entry[2], entry])).values()];
    return found.slice(-count);
  }
}
