import type { Mapping } from "../symbols/maps.js";
import { isReason } from "../symbols/reason.js";
import { VDSO } from "../symbols/vdso.js";
import type { TextRange } from "../unwind/go-functions.js";
import type { UnwindTable } from "../unwind/unwind-table.js";
import { type ArenaSpans, GRACE_MS, type Span } from "./arena-spans.js";
import type { HeldFiles } from "./held-files.js";
import { mostWords, type PlacedTable, placeTable, wordsInChunk } from "./place-table.js";
import { TableFileSource } from "./table-file-source.js";
import type { CodeSegment } from "./table-request.js";
import type { TableSource, TableThread } from "./table-thread.js";
import type { UnwindArena } from "./unwind-maps.js";

/** Most files that are remembered; beyond it those go that no process maps. */
const MAX_ENTRIES = 8192;

/** The table of one file, on its way or in the arena. */
export interface TableEntry {
  /** What tells the file, as it was when the table was asked for, from all others. */
  identity: string;
  /** Of the mappings that lead here. */
  readonly keys: Set<string>;
  state: "building" | "placed" | "none" | "over-budget";
  code: CodeSegment[];
  /** Where the code of Go is, in ascending order. */
  goCode: TextRange[];
  /** In memory too: samples that came before it are finished with it. */
  table: UnwindTable | undefined;
  placed: (Omit<PlacedTable, "words"> & { span: Span }) | undefined;
  /** Processes that map the file. */
  readonly users: Set<number>;
  /** Since when no process has mapped it, in milliseconds of performance.now(). */
  idleSinceMs: number;
}

/** The tables of files, one a file whatever the number of processes that map it; the least recently wanted give way. */
export class UnwindTables {
  /** By identity of the file, least recently wanted first. */
  readonly #entries = new Map<string, TableEntry>();
  /** By device, inode and path, which are cheaper to have. */
  readonly #byMapping = new Map<string, TableEntry>();
  readonly #waiting = new Map<TableEntry, (() => void)[]>();

  constructor(
    private readonly arena: Pick<UnwindArena, "write">,
    private readonly spans: ArenaSpans,
    private readonly files: Pick<HeldFiles, "openMapped" | "openDebugFile" | "identityOf">,
    private readonly thread: Pick<TableThread, "request">,
    /** Called when an entry has come to an end: placed, none, over-budget; or was taken away again. */
    private readonly onChange: (entry: TableEntry) => void,
  ) {}

  /** The table for a mapped file, asked for when it is new; undefined where no file can be opened. */
  want(pid: number, mapping: Mapping, urgent = false): TableEntry | undefined {
    const key = `${mapping.device} ${mapping.inode} ${mapping.path}`;
    const known = this.#byMapping.get(key);
    if (known !== undefined && this.#isStill(known, pid, mapping)) {
      this.#entries.delete(known.identity);
      this.#entries.set(known.identity, known);
      known.users.add(pid);
      return known;
    }
    const opened = this.#source(pid, mapping);
    if (opened === undefined) return undefined;
    const same = this.#entries.get(opened.identity);
    if (same !== undefined) opened.discard();
    const entry = same ?? this.#build(opened, urgent);
    entry.users.add(pid);
    entry.keys.add(key);
    known?.keys.delete(key);
    this.#byMapping.set(key, entry);
    return entry;
  }

  /** Settles when the entries have their tables, or none. */
  async settled(entries: Iterable<TableEntry>): Promise<void> {
    const promises = [...entries]
      .filter(({ state }) => state === "building")
      .map(
        (entry) =>
          new Promise<void>((resolve) => {
            const waiting = this.#waiting.get(entry) ?? [];
            this.#waiting.set(entry, [...waiting, resolve]);
          }),
      );
    await Promise.all(promises);
  }

  /** A process has ended or maps other files now. */
  release(pid: number): void {
    for (const entry of this.#entries.values())
      if (entry.users.delete(pid) && entry.users.size === 0) entry.idleSinceMs = performance.now();
  }

  /** Tries again what had no room. */
  retry(): void {
    for (const entry of this.#entries.values()) if (entry.state === "over-budget") this.#forget(entry);
  }

  /** A program that was rebuilt in place has the same device, inode and path; nobody writes to one that runs. */
  #isStill(known: TableEntry, pid: number, mapping: Mapping): boolean {
    if (known.users.has(pid) || mapping.inode === 0n) return true;
    return this.files.identityOf(pid, mapping) === known.identity;
  }

  #source(pid: number, mapping: Mapping) {
    if (mapping.path === VDSO && mapping.inode === 0n)
      return { identity: VDSO, source: { vdso: true } as const, discard: () => {} };
    if (mapping.inode === 0n) return undefined;
    const opened = this.files.openMapped(pid, mapping);
    if (isReason(opened)) return undefined;
    const source = new TableFileSource(opened.fd, this.files, pid, mapping);
    return { identity: source.identity, source, discard: () => source.close() };
  }

  #build({ identity, source }: { identity: string; source: TableSource }, urgent: boolean): TableEntry {
    if (this.#entries.size >= MAX_ENTRIES) for (const idle of this.#idle()) this.#forget(idle);
    const entry: TableEntry = {
      identity,
      keys: new Set(),
      state: "building",
      code: [],
      goCode: [],
      table: undefined,
      placed: undefined,
      users: new Set(),
      idleSinceMs: 0,
    };
    this.#entries.set(identity, entry);
    this.thread.request(source, urgent, ({ table, code, goCode }) => {
      Object.assign(entry, { table, code, goCode });
      this.#place(entry);
      this.onChange(entry);
      for (const resolve of this.#waiting.get(entry) ?? []) resolve();
      this.#waiting.delete(entry);
    });
    return entry;
  }

  #place(entry: TableEntry): void {
    if (entry.table === undefined) {
      entry.state = "none";
      return;
    }
    const span = this.#take(entry.table);
    if (span === undefined) {
      entry.state = "over-budget";
      entry.table = undefined;
      return;
    }
    const { words, ...placed } = placeTable(entry.table, span.position);
    this.arena.write(span.position, words);
    entry.placed = { ...placed, span: this.spans.shorten(span, words.length / 2) };
    entry.state = "placed";
  }

  /** Takes a place, if need be from tables that no process uses, the least recently wanted first. */
  #take(table: UnwindTable): Span | undefined {
    const now = performance.now();
    const fit = () =>
      this.spans.take(wordsInChunk(table), now) ??
      this.spans.take(mostWords(table), now, { straddles: true });
    const span = fit();
    if (span !== undefined) return span;
    for (const entry of this.#idle()) {
      if (entry.placed === undefined) continue;
      this.#forget(entry);
      const freed = fit();
      if (freed !== undefined) return freed;
    }
    return undefined;
  }

  /** Entries that no process maps and no walk reads any more, the least recently wanted first. */
  *#idle(): Generator<TableEntry, void> {
    const now = performance.now();
    for (const entry of this.#entries.values()) {
      const isUsed = entry.users.size > 0 || now - entry.idleSinceMs < GRACE_MS;
      if (entry.state !== "building" && !isUsed) yield entry;
    }
  }

  #forget(entry: TableEntry): void {
    this.#entries.delete(entry.identity);
    for (const key of entry.keys) this.#byMapping.delete(key);
    if (entry.placed !== undefined) this.spans.free(entry.placed.span, entry.idleSinceMs);
  }
}
