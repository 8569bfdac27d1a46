import type { ResolvedFrame } from "../symbols/symbolizer.js";
import { contentId } from "./content-id.js";

/** Interns frames: one row a function, that is, a name in a module (and its file, where code is made at run time). */
export class FrameTable {
  readonly id: bigint[] = [];
  readonly name: string[] = [];
  readonly module: string[] = [];
  readonly kind: ResolvedFrame["kind"][] = [];
  readonly file: (string | null)[] = [];
  readonly line: (number | null)[] = [];
  #rows = new Map<string, number>();

  intern(frame: ResolvedFrame): number {
    const place = frame.kind === "jit" && frame.file !== undefined ? `${frame.file}:${frame.line ?? ""}` : "";
    const key = `${frame.module}\0${frame.name}\0${place}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = this.name.length;
    this.#rows.set(key, row);
    this.id.push(contentId(key));
    this.name.push(frame.name);
    this.module.push(frame.module);
    this.kind.push(frame.kind);
    this.file.push(frame.file ?? null);
    this.line.push(frame.line ?? null);
    return row;
  }

  columns() {
    const { name, module, kind, file, line } = this;
    return { id: BigInt64Array.from(this.id), name, module, kind, file, line };
  }
}
