import type { Reason } from "../symbols/reason.js";
import type { ResolvedFrame } from "../symbols/symbolizer.js";
import { contentId, frameKey, idText } from "./content-id.js";

/** What kind of code a frame is, as the frames table has it. */
type Kind = ResolvedFrame["kind"] | "inlined";

/**
 * Interns frames: one row a function, that is, a name in a module (and its place in the source, where code is made at run
 * time). Where a function is inlined it is another row than where it is called.
 */
export class FrameTable {
  readonly id: bigint[] = [];
  /** The ids as those of stacks are made from them. */
  readonly idText: string[] = [];
  readonly name: string[] = [];
  readonly module: string[] = [];
  readonly kind: Kind[] = [];
  readonly file: (string | null)[] = [];
  readonly line: (number | null)[] = [];
  readonly column: (number | null)[] = [];
  /** Why the name is a stand-in. */
  readonly reason: (Reason | null)[] = [];
  /** How often the frame was interned: once for each address, where its caller asks once for each. */
  readonly addresses: number[] = [];
  #rows = new Map<string, number>();

  intern(frame: ResolvedFrame): number {
    const isMade = frame.kind === "jit" && frame.file !== undefined;
    const place = isMade ? `${frame.file}:${frame.line ?? ""}:${frame.column ?? ""}` : "";
    const kind = frame.inlined ? "inlined" : frame.kind;
    const key = frameKey(frame.module, frame.name, frame.inlined ? kind : place);
    const known = this.#rows.get(key);
    if (known !== undefined) {
      this.addresses[known]++;
      return known;
    }
    const row = this.name.length;
    this.#rows.set(key, row);
    const id = contentId(key);
    this.id.push(id);
    this.idText.push(idText(id));
    this.name.push(frame.name);
    this.module.push(frame.module);
    this.kind.push(kind);
    this.file.push(frame.file ?? null);
    this.line.push(frame.line ?? null);
    this.column.push(frame.column ?? null);
    this.reason.push(frame.reason ?? null);
    this.addresses.push(1);
    return row;
  }

  columns() {
    const { name, module, kind, file, line, column, reason, addresses } = this;
    return { id: BigInt64Array.from(this.id), name, module, kind, file, line, column, reason, addresses };
  }
}
