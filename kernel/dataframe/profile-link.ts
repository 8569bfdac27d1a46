import type { Groups } from "./group-keys.js";
import type { ProfileRows } from "./profile-rows.js";

/**
 * The way from the rows of a frame back to the profile: which of its (thread, stack) rows each stands for.
 *
 * A filtered row stands for one, a grouped row for all of its group.
 */
export class ProfileLink {
  #distinct: Int32Array | undefined;

  private constructor(
    readonly rows: ProfileRows,
    /** Frame row `i` stands for `members[offsets[i]] … members[offsets[i + 1] - 1]`. */
    private readonly offsets: Int32Array,
    private readonly held: Int32Array,
  ) {}

  /** Frame row `i` stands for the rows `members[offsets[i]] … members[offsets[i + 1] - 1]` of the profile. */
  static of(rows: ProfileRows, offsets: Int32Array, members: Int32Array): ProfileLink {
    return new ProfileLink(rows, offsets, members);
  }

  static all(rows: ProfileRows): ProfileLink {
    const count = rows.samples.length;
    return new ProfileLink(rows, sequence(count + 1), sequence(count));
  }

  /** Number of frame rows. */
  get length(): number {
    return this.offsets.length - 1;
  }

  /** The rows of the profile that the frame's rows stand for, each once, also where two of these stand for one. */
  get members(): Int32Array {
    this.#distinct ??= distinct(this.held, this.rows.samples.length);
    return this.#distinct;
  }

  /** True when every frame row stands for one row of the profile. */
  get single(): boolean {
    return this.held.length === this.length;
  }

  take(positions: Int32Array): ProfileLink {
    const offsets = new Int32Array(positions.length + 1);
    for (let i = 0; i < positions.length; i++) {
      offsets[i + 1] = offsets[i] + this.offsets[positions[i] + 1] - this.offsets[positions[i]];
    }
    const members = new Int32Array(offsets[positions.length]);
    for (let i = 0; i < positions.length; i++) {
      members.set(this.held.subarray(this.offsets[positions[i]], this.offsets[positions[i] + 1]), offsets[i]);
    }
    return new ProfileLink(this.rows, offsets, members);
  }

  /** One row a group, standing for what the group's rows stood for. */
  group(groups: Groups): ProfileLink {
    const ordered = this.take(groups.rows);
    return new ProfileLink(
      this.rows,
      groups.offsets.map((offset) => ordered.offsets[offset]),
      ordered.held,
    );
  }

  /** For each frame row the first row of the profile that it stands for. */
  firstRows(): Int32Array {
    return this.offsets.subarray(0, this.length).map((at) => this.members[at]);
  }

  /** Samples in all rows. */
  get samples(): number {
    return this.members.reduce((sum, row) => sum + this.rows.samples[row], 0);
  }
}

function sequence(length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => i);
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
