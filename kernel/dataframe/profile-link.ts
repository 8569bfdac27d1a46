import type { Groups } from "./group-keys.js";
import { once } from "./once.js";
import type { ProfileRows } from "./profile-rows.js";

interface Lists {
  /** Frame row `i` stands for `held[offsets[i]] … held[offsets[i + 1] - 1]`. */
  readonly offsets: Int32Array;
  readonly held: Int32Array;
}

/**
 * The way from the rows of a frame back to the profile: which of its (thread, stack) rows each stands for.
 *
 * A filtered row stands for one, a grouped row for all of its group.
 */
export class ProfileLink {
  readonly #lists: () => Lists;
  #distinct: Int32Array | undefined;

  private constructor(
    readonly rows: ProfileRows,
    lists: () => Lists,
    /** True where the frame is the whole profile, row by row: nothing needs counting to know what it stands for. */
    readonly whole: boolean,
  ) {
    this.#lists = lists;
  }

  /** Frame row `i` stands for the rows `members[offsets[i]] … members[offsets[i + 1] - 1]` of the profile. */
  static of(rows: ProfileRows, offsets: Int32Array, members: Int32Array): ProfileLink {
    return new ProfileLink(rows, () => ({ offsets, held: members }), false);
  }

  static all(rows: ProfileRows): ProfileLink {
    const lists = once(() => {
      const count = rows.length;
      return { offsets: sequence(count + 1), held: sequence(count) };
    });
    return new ProfileLink(rows, lists, true);
  }

  /** Number of frame rows. */
  get length(): number {
    return this.#lists().offsets.length - 1;
  }

  /** The rows of the profile that the frame's rows stand for, each once, also where two of these stand for one. */
  get members(): Int32Array {
    this.#distinct ??= distinct(this.#lists().held, this.rows.length);
    return this.#distinct;
  }

  /** True when every frame row stands for one row of the profile. */
  get single(): boolean {
    return this.#lists().held.length === this.length;
  }

  take(positions: Int32Array): ProfileLink {
    const { offsets: from, held } = this.#lists();
    const offsets = new Int32Array(positions.length + 1);
    for (let i = 0; i < positions.length; i++)
      offsets[i + 1] = offsets[i] + from[positions[i] + 1] - from[positions[i]];
    const members = new Int32Array(offsets[positions.length]);
    for (let i = 0, at = 0; i < positions.length; i++)
      for (let j = from[positions[i]]; j < from[positions[i] + 1]; j++) members[at++] = held[j];
    return ProfileLink.of(this.rows, offsets, members);
  }

  /** One row a group, standing for what the group's rows stood for. */
  group(groups: Groups): ProfileLink {
    const { offsets, held } = this.take(groups.rows).#lists();
    return ProfileLink.of(
      this.rows,
      groups.offsets.map((offset) => offsets[offset]),
      held,
    );
  }

  /** For each frame row the first row of the profile that it stands for. */
  firstRows(): Int32Array {
    const { offsets, held } = this.#lists();
    return offsets.subarray(0, this.length).map((at) => held[at]);
  }

  /** Samples in all rows. */
  get samples(): number {
    const { samples } = this.rows;
    return this.members.reduce((sum, row) => sum + samples[row], 0);
  }
}

function sequence(length: number): Int32Array {
  const numbers = new Int32Array(length);
  for (let i = 0; i < length; i++) numbers[i] = i;
  return numbers;
}

function distinct(rows: Int32Array, count: number): Int32Array {
  const seen = new Uint8Array(count);
  const found = rows.filter((row) => {
    const isNew = seen[row] === 0;
    seen[row] = 1;
    return isNew;
  });
  return found.length === rows.length ? rows : found;
}
