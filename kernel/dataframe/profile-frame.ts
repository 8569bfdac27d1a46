import { inspect } from "node:util";
import { jupyterDisplay, type MimeBundle } from "../display/mime.js";
import type { QueryText } from "../duckdb/query-text.js";
import { writeArrow } from "../formats/arrow-writer.js";
import { writeCpuprofile } from "../formats/cpuprofile-writer.js";
import { writeFirefox } from "../formats/firefox-writer.js";
import { type FoldedOptions, writeFolded } from "../formats/folded-writer.js";
import { writeParquet } from "../formats/parquet-writer.js";
import { writePerfScript } from "../formats/perf-script-writer.js";
import { writePprof } from "../formats/pprof-writer.js";
import { saved } from "../formats/saved.js";
import { writeSpeedscope } from "../formats/speedscope-writer.js";
import type { FlameGraph } from "../plot/flame-graph.js";
import type { PlotlyFigure } from "../plot/plotly-figure.js";
import { type SaveOptions, saveRecording } from "../recordings/save-recording.js";
import { ColumnFrame } from "./column-frame.js";
import "./danfojs-functions.js";
import type { NamedColumn } from "./columns/column.js";
import type { Condition } from "./condition.js";
import { GroupBy, type Grouped } from "./group-by.js";
import type { Groups } from "./group-keys.js";
import { type Labels, storageOf } from "./lazy-storage.js";
import { once } from "./once.js";
import { OptionError } from "./option-error.js";
import { packable } from "./packable.js";
import type { ProfileRow } from "./profile-columns.js";
import type { ProfileData, ProfileMeta } from "./profile-data.js";
import { profileHtml, profileText, type ShownProfile } from "./profile-display.js";
import { type DistributionOptions, profileDistribution } from "./profile-distribution.js";
import { profileFlameGraph } from "./profile-flame-graph.js";
import { ProfileLink } from "./profile-link.js";
import { profileColumns, profileRows } from "./profile-rows.js";
import { framesTable, samplesTable, threadsTable, topTable } from "./profile-tables.js";
import { ProfileVerbs } from "./profile-verbs.js";
import { accountedProfile, selectedProfile } from "./selected-profile.js";
import { type Queried, queryProfile } from "./sql/query-profile.js";
import type { LinkedColumns } from "./verbs/linked-columns.js";

const TABLES = ["samples", "frames", "threads", "stacks"] as const;
export type ProfileTable = (typeof TABLES)[number];

interface Origin {
  readonly data: ProfileData;
  /** Undefined once a method of danfojs has changed the rows in place: which stack a row stands for is not known then. */
  readonly link: (() => ProfileLink) | undefined;
  readonly value: unknown;
}

/**
 * A profile as a DataFrame: one row for each distinct thread and stack, the most frequent first.
 *
 * Filtering, sorting, and grouping by `stack` keep the way back from rows to frames, so that what is left can be drawn:
 * `df.query(df["samples"].gt(10)).flamegraph()`.
 */
export class ProfileFrame extends ProfileVerbs {
  #origin: Origin;

  private constructor(columns: readonly NamedColumn[], labels: Labels | undefined, origin: Origin) {
    super(columns, labels);
    this.#origin = origin;
  }

  /** The frame of a whole profile. @param value What the profiled function returned. */
  static fromProfile(profile: ProfileData, value?: unknown): ProfileFrame {
    const data = packable(profile);
    const rows = profileRows(data);
    const link = ProfileLink.all(rows);
    return new ProfileFrame(profileColumns(rows), undefined, { data, link: () => link, value });
  }

  /** @internal The frame of a query's result: a profile, where its rows lead to stacks. */
  static fromResult(columns: readonly NamedColumn[], link?: ProfileLink, value?: unknown): ColumnFrame {
    if (!link) return new ColumnFrame(columns);
    return new ProfileFrame(columns, undefined, { data: link.rows.data, link: () => link, value });
  }

  /**
   * The window, its accounting, ends and reasons, and the host: of the whole profile, also in a frame of some rows of it.
   * What a verb such as `focus` left out is in `meta.accounting.filtered`.
   */
  get meta(): ProfileMeta {
    return this.#origin.data.meta;
  }

  /** What the profiled function returned. */
  get value(): unknown {
    return this.#origin.value;
  }

  /** The columns of the whole profile, also in a filtered frame. */
  get profile(): ProfileData {
    return this.#origin.data;
  }

  /**
   * The profile behind the rows of this frame as a table: `samples` (one row a sample), `frames` (one row a function,
   * `file` and `line` where they are known, `self` and `total` in samples), `threads`, or `stacks`, which is this frame.
   */
  table(name: "stacks"): this;
  table(name: ProfileTable): ColumnFrame;
  table(name: ProfileTable): ColumnFrame {
    switch (name) {
      case "samples":
        return samplesTable(this.#linkFor("table"));
      case "frames":
        return framesTable(this.#linkFor("table"));
      case "threads":
        return threadsTable(this.#linkFor("table"));
      case "stacks":
        return this;
      default:
        throw new OptionError("table", "name", name, TABLES);
    }
  }

  /** The functions with the most samples of their own. */
  top(count = 20): ColumnFrame {
    if (!(count >= 0)) throw new OptionError("top", "count", count, "a number of rows");
    return topTable(this.#linkFor("top"), count);
  }

  /** Merges the stacks of this frame into a flame graph. */
  flamegraph(options: { title?: string } = {}): FlameGraph {
    return profileFlameGraph(this.#linkFor("flamegraph"), options.title ?? "Flame graph");
  }

  /** How the samples of this frame are distributed: `distribution({ by: "tid" })`. Throws an OptionError for another key. */
  distribution(options: DistributionOptions): PlotlyFigure {
    return profileDistribution(this.#linkFor("distribution"), options);
  }

  /** pprof's protobuf, gzipped: for `go tool pprof` and all that reads its files. @param path Also writes it there. */
  toPprof(path?: string): Uint8Array {
    return saved(writePprof(this.selected("toPprof")), path);
  }

  /**
   * Folded stacks (`a;b;c 12` a line), for FlameGraph's scripts and their kin. @param path Also writes them there.
   */
  toFolded(path?: string | FoldedOptions, options: FoldedOptions = {}): string {
    const [file, chosen] = typeof path === "object" ? [undefined, path] : [path, options];
    return saved(writeFolded(this.selected("toFolded"), chosen), file);
  }

  /**
   * An Arrow table (IPC stream), a row a thread and stack, for pyarrow, pandas, polars and DuckDB: the columns of this
   * frame, `frames` with all that is known of them, and lists of the samples' `at_ms`, `cpu` and `weight`.
   * @param path Also writes it there.
   */
  toArrow(path?: string): Uint8Array {
    return saved(writeArrow(this.selected("toArrow")), path);
  }

  /**
   * One Parquet file with the columns that {@link toArrow} has, for pyarrow, pandas, polars and DuckDB. (`save()` keeps the
   * whole profile, as a folder.) @param path Also writes it there.
   */
  async toParquet(path?: string): Promise<Uint8Array> {
    return writeParquet(this.selected("toParquet"), path);
  }

  /** speedscope's JSON, a profile a thread: for https://www.speedscope.app. @param path Also writes it there. */
  toSpeedscope(path?: string): string {
    return saved(writeSpeedscope(this.selected("toSpeedscope")), path);
  }

  /** A processed profile of the Firefox Profiler: for https://profiler.firefox.com. @param path Also writes it there. */
  toFirefox(path?: string): string {
    return saved(writeFirefox(this.selected("toFirefox")), path);
  }

  /** What `perf script` prints: for flame-graph scripts, FlameScope and others. @param path Also writes it there. */
  toPerfScript(path?: string): string {
    return saved(writePerfScript(this.selected("toPerfScript")), path);
  }

  /** Chrome's .cpuprofile, for its DevTools and VS Code. @param path Also writes it there. */
  toCpuprofile(path?: string): string {
    return saved(writeCpuprofile(this.selected("toCpuprofile")), path);
  }

  /**
   * Runs SQL (DuckDB's) over this frame: `stacks`, which is its rows, and the tables behind them, `samples`, `frames`,
   * `threads` and `stack_frames`. Values of a template are bound, not pasted: df.sql`select … where comm = ${name}`.
   *
   * `from self()` and `from total()` have one row a function, `has_frame(stack, 'main')` is true where it is on the stack.
   * A result with the columns `stack` and `samples` can be drawn. Throws a SqlError with the line and the place.
   */
  async sql(query: QueryText, ...values: unknown[]): Promise<ColumnFrame> {
    const { columns, link } = await queryProfile(this.queried(), query, values);
    return ProfileFrame.fromResult(columns, link, this.value);
  }

  /** @internal What a query sees of this frame. */
  queried(): Queried {
    return { columns: this.namedColumns(), length: this.shape[0], link: this.#link };
  }

  /**
   * Saves what this frame stands for as a recording: a folder of Parquet files, from which `loadProfile(folder)` makes it
   * again. Throws a RecordingError when the folder exists, unless it is a recording and `overwrite` is set.
   */
  save(folder: string, options?: SaveOptions): Promise<void> {
    return saveRecording(this.selected("save"), folder, options);
  }

  override query(condition: Condition<ProfileRow>, options?: { inplace?: boolean }): this {
    return super.query(condition as Condition<object>, options);
  }

  /** Groups rows. Grouped by `stack`, among others, the result can still be drawn. */
  override groupby(keys: string | string[]): GroupBy<ColumnFrame> {
    const list = typeof keys === "string" ? [keys] : keys;
    const source: Grouped<ColumnFrame> = this.groupSource();
    if (list.includes("stack")) {
      const before = this.#lazyLink; // as it is now: the frame may be changed in place before groups are added up
      source.fromGroups = (columns: NamedColumn[], groups: Groups) =>
        this.#over(columns, undefined, (link) => link.group(groups), before);
    }
    return new GroupBy(source, list);
  }

  override [Symbol.iterator](): IterableIterator<ProfileRow> {
    return super[Symbol.iterator]() as IterableIterator<ProfileRow>;
  }

  [jupyterDisplay](): MimeBundle {
    return { "text/html": profileHtml(this.#shown), "text/plain": profileText(this.#shown) };
  }

  [inspect.custom](): string {
    return profileText(this.#shown);
  }

  override toString(): string {
    return profileText(this.#shown);
  }

  protected override derive(
    columns: NamedColumn[],
    labels: Labels | undefined,
    rows: Int32Array,
  ): ColumnFrame {
    return this.#over(columns, labels, (link) => link.take(rows));
  }

  protected override changed(verb: (data: ProfileData) => ProfileData): this {
    return ProfileFrame.fromProfile(verb(accountedProfile(this.#linkFor("a verb"))), this.value) as this;
  }

  protected override grouped(verb: (link: ProfileLink) => LinkedColumns): this {
    const { columns, link } = verb(this.#linkFor("a verb"));
    return this.#over(columns, undefined, link) as this;
  }

  protected override adopted(frame: ColumnFrame): void {
    if (frame instanceof ProfileFrame) this.#origin = frame.#origin;
  }

  /** A frame of other rows of the same profile. */
  #over(
    columns: NamedColumn[],
    labels: Labels | undefined,
    way: (link: ProfileLink) => ProfileLink,
    before = this.#lazyLink,
  ): ProfileFrame {
    const link = before && once(() => way(before()));
    return new ProfileFrame(columns, labels, { ...this.#origin, link });
  }

  get #lazyLink(): (() => ProfileLink) | undefined {
    return storageOf(this).rowsAssigned ? undefined : this.#origin.link;
  }

  get #link(): ProfileLink | undefined {
    return this.#lazyLink?.();
  }

  #linkFor(method: string): ProfileLink {
    if (this.#link) return this.#link;
    throw new Error(
      `${method}: the rows of this frame were changed in place, and their stacks are not known any more`,
    );
  }

  /** The columns of what the rows of this frame stand for. @param method What asks, for the error of a frame changed in place. */
  selected(method = "selected"): ProfileData {
    return selectedProfile(this.#linkFor(method));
  }

  get #shown(): ShownProfile {
    return { frame: this, link: this.#link, meta: this.meta };
  }
}
