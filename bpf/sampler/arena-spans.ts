/** Words of 8 bytes in a chunk of the arena, and in the arena: what 24 bits of position can name. */
export const CHUNK_WORDS = 1 << 17;
export const ARENA_WORDS = 1 << 24;

/**
 * How long BPF may go on reading a list after it was replaced, in milliseconds: a walk ends within one, but a process
 * that forked gave its list to its child, which is known when the records are read.
 */
export const GRACE_MS = 200;

export interface Span {
  /** In words from the arena's beginning. */
  position: number;
  words: number;
}

/**
 * Which parts of the arena are free.
 *
 * The lowest place that fits is taken, so that few chunks are touched. What is freed can be taken again after a grace
 * period, because a walk that has begun may still read it.
 */
export class ArenaSpans {
  /** Free spans by position; no two touch. */
  #free: Span[];
  #freed: { span: Span; timeMs: number }[] = [];
  #usedWords = 0;

  /** @param limitWords of the arena that may be used, a whole number of chunks; may be changed */
  constructor(public limitWords: number) {
    // Position 0 stays free, so that a zero in a damaged list leads nowhere.
    this.#free = [{ position: 4, words: ARENA_WORDS - 4 }];
  }

  /** Words taken, those in their grace period included. */
  get usedWords(): number {
    return this.#usedWords;
  }

  /**
   * Takes a span at a multiple of 4 words, which must lie in one chunk unless it may straddle.
   *
   * @returns undefined when there is no room
   */
  take(words: number, nowMs: number, { straddles = false } = {}): Span | undefined {
    const rounded = Math.max(4, Math.ceil(words / 4) * 4);
    if (!straddles && rounded > CHUNK_WORDS) return undefined;
    this.#reclaim(nowMs);
    for (let i = 0; i < this.#free.length; i++) {
      const { position: start, words: length } = this.#free[i];
      let position = start;
      const chunkEnd = (Math.floor(start / CHUNK_WORDS) + 1) * CHUNK_WORDS;
      if (!straddles && start + rounded > chunkEnd) position = chunkEnd;
      if (position + rounded > Math.min(start + length, this.limitWords)) continue;
      const pieces = [
        { position: start, words: position - start },
        { position: position + rounded, words: start + length - position - rounded },
      ];
      this.#free.splice(i, 1, ...pieces.filter((piece) => piece.words > 0));
      this.#usedWords += rounded;
      return { position, words: rounded };
    }
    return undefined;
  }

  /** Gives the end of a span back at once: nobody has been told of it. */
  shorten(span: Span, words: number): Span {
    const kept = Math.max(4, Math.ceil(words / 4) * 4);
    if (kept >= span.words) return span;
    this.#release({ position: span.position + kept, words: span.words - kept });
    return { position: span.position, words: kept };
  }

  /** Gives a span back, to be taken again after the grace period since `timeMs`. */
  free(span: Span, timeMs: number): void {
    this.#freed.push({ span, timeMs });
  }

  #reclaim(nowMs: number): void {
    const isOver = ({ timeMs }: { timeMs: number }) => nowMs - timeMs >= GRACE_MS;
    if (!this.#freed.some(isOver)) return;
    const over = this.#freed.filter(isOver);
    this.#freed = this.#freed.filter((freed) => !isOver(freed));
    for (const { span } of over) this.#release(span);
  }

  #release({ position, words }: Span): void {
    this.#usedWords -= words;
    let from = 0;
    for (let to = this.#free.length; from < to; ) {
      const middle = (from + to) >>> 1;
      if (this.#free[middle].position < position) from = middle + 1;
      else to = middle;
    }
    const [before, after] = [this.#free[from - 1], this.#free[from]];
    const joinsBefore = before !== undefined && before.position + before.words === position;
    const joinsAfter = after !== undefined && position + words === after.position;
    const span = {
      position: joinsBefore ? before.position : position,
      words: words + (joinsBefore ? before.words : 0) + (joinsAfter ? after.words : 0),
    };
    this.#free.splice(joinsBefore ? from - 1 : from, Number(joinsBefore) + Number(joinsAfter), span);
  }
}
