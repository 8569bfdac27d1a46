import { contentId, frameKey } from "../../bpf/sampler/content-id.js";
import type { ProfileData } from "../dataframe/profile-data.js";

type Columns = ProfileData["frames"];

/** One row of {@link ProfileData.frames}, without its id. */
export type FrameRow = { [Name in Exclude<keyof Columns, "id">]: Columns[Name][number] };

/** The frames of a profile in the making: taken over from another, or new. */
export class FrameRows {
  readonly #rows: (FrameRow & { id: bigint })[] = [];
  readonly #kept = new Map<number, number>();
  readonly #added = new Map<bigint, number>();

  constructor(private readonly source: Columns) {}

  /** A frame of the source, by its row there. */
  read(row: number): FrameRow {
    const { name, module, kind, file, line, column } = this.source;
    return {
      name: name[row],
      module: module[row],
      kind: kind[row],
      file: file[row],
      line: line[row],
      column: column[row],
    };
  }

  /** Row of a frame that is the source's. */
  keep(row: number): number {
    let known = this.#kept.get(row);
    if (known === undefined) {
      known = this.#rows.push({ id: this.source.id[row], ...this.read(row) }) - 1;
      this.#kept.set(row, known);
    }
    return known;
  }

  /** Row of a frame with an id of its own, made as the sampler makes it; equal ones have one row. */
  add(frame: FrameRow): number {
    const { name, module, file, line } = frame;
    const id = contentId(frameKey(module, name, file === null ? "" : `${file}:${line ?? ""}`));
    const known = this.#added.get(id) ?? this.#rows.push({ id, ...frame }) - 1;
    this.#added.set(id, known);
    return known;
  }

  id(row: number): bigint {
    return this.#rows[row].id;
  }

  columns(): Columns {
    return {
      id: BigInt64Array.from(this.#rows, ({ id }) => id),
      name: this.#rows.map(({ name }) => name),
      module: this.#rows.map(({ module }) => module),
      kind: this.#rows.map(({ kind }) => kind),
      file: this.#rows.map(({ file }) => file),
      line: this.#rows.map(({ line }) => line),
      column: this.#rows.map(({ column }) => column),
    };
  }
}
