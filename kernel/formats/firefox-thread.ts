import type { FrameKind, ProfileData } from "../dataframe/profile-data.js";

/** Rows of the categories that the writer declares. */
const CATEGORY_OF: Record<FrameKind, number> = { user: 1, inlined: 1, kernel: 2, jit: 3 };
/** A resource that is a library. */
const LIBRARY = 1;

/** The tables of one thread: strings, functions, frames, and the prefix tree of its stacks. */
export class FirefoxThread {
  readonly #strings = new Map<string, number>();
  readonly #frames = new Map<number, number>();
  readonly #stacks = new Map<string, number>();
  readonly #leaves = new Map<number, number | null>();
  readonly #resources = new Map<string, number>();
  readonly #stackTable = { frame: [] as number[], prefix: [] as (number | null)[] };
  readonly #categories = [] as number[];

  constructor(
    private readonly data: ProfileData,
    private readonly libOf: ReadonlyMap<string, number>,
  ) {}

  /** The samples of these rows of the profile. Where a file had only sums, a sample comes after what went before weighs. */
  samples(rows: readonly number[]) {
    const { meta, samples } = this.data;
    let elapsedMs = 0;
    const time = rows.map((i) => {
      const at = samples.atMs[i] >= 0 ? samples.atMs[i] : elapsedMs;
      elapsedMs += meta.unit === undefined ? samples.weight[i] / 1e6 : 1;
      return at;
    });
    const weight = samples.count ? rows.map((i) => samples.count![i]) : null;
    const weightType = meta.unit === "bytes" ? "bytes" : "samples";
    const cpu = rows.map((i) => samples.cpu[i]);
    return {
      stack: rows.map((i) => this.#stack(samples.stack[i])),
      time,
      weight,
      weightType,
      cpu,
      length: rows.length,
    };
  }

  /** The tables, after all samples. */
  tables() {
    const { frames } = this.data;
    const rows = Array.from(this.#frames.keys());
    const length = rows.length;
    const all = <T>(value: T): T[] => Array.from(rows, () => value);
    const isJs = rows.map((row) => frames.kind[row] === "jit");
    const category = rows.map((row) => CATEGORY_OF[frames.kind[row]]);
    const resource = rows.map((row) => this.#resource(row));
    const name = rows.map((row) => this.#string(frames.name[row]));
    const fileName = rows.map((row) => (frames.file[row] === null ? null : this.#string(frames.file[row])));
    const line = rows.map((row) => frames.line[row]);
    const column = rows.map((row) => frames.column[row]);
    const modules = Array.from(this.#resources.keys());
    const libraries = modules.map((module) => this.#string(module));
    return {
      stackTable: {
        ...this.#stackTable,
        category: this.#categories,
        subcategory: this.#categories.map(() => 0),
        length: this.#categories.length,
      },
      frameTable: {
        address: all(-1),
        inlineDepth: rows.map((row) => (frames.kind[row] === "inlined" ? 1 : 0)),
        category,
        subcategory: all(0),
        func: rows.map((_, i) => i),
        nativeSymbol: all(null),
        innerWindowID: all(0),
        implementation: all(null),
        line,
        column,
        length,
      },
      funcTable: {
        name,
        isJS: isJs,
        relevantForJS: all(false),
        resource,
        fileName,
        lineNumber: line,
        columnNumber: column,
        length,
      },
      resourceTable: {
        lib: modules.map((module) => this.libOf.get(module)),
        name: libraries,
        host: libraries.map(() => null),
        type: libraries.map(() => LIBRARY),
        length: libraries.length,
      },
      nativeSymbols: { libIndex: [], address: [], name: [], functionSize: [], length: 0 },
      stringArray: Array.from(this.#strings.keys()),
    };
  }

  #stack(stack: number): number | null {
    const known = this.#leaves.get(stack);
    if (known !== undefined) return known;
    const leaf = this.#path(stack);
    this.#leaves.set(stack, leaf);
    return leaf;
  }

  #path(stack: number): number | null {
    const { frames, stacks } = this.data;
    let prefix: number | null = null;
    for (let at = stacks.offsets[stack]; at < stacks.offsets[stack + 1]; at++) {
      const row = stacks.frames[at];
      const frame = this.#frames.get(row) ?? this.#frames.size;
      this.#frames.set(row, frame);
      const key = `${prefix}:${frame}`;
      let node = this.#stacks.get(key);
      if (node === undefined) {
        node = this.#stacks.size;
        this.#stacks.set(key, node);
        this.#stackTable.frame.push(frame);
        this.#stackTable.prefix.push(prefix);
        this.#categories.push(CATEGORY_OF[frames.kind[row]]);
      }
      prefix = node;
    }
    return prefix;
  }

  #resource(row: number): number {
    const module = this.data.frames.module[row];
    if (!this.libOf.has(module) || this.data.frames.kind[row] === "jit") return -1;
    const found = this.#resources.get(module) ?? this.#resources.size;
    this.#resources.set(module, found);
    return found;
  }

  #string(text: string): number {
    const row = this.#strings.get(text) ?? this.#strings.size;
    this.#strings.set(text, row);
    return row;
  }
}
