import { closeSync, fstatSync } from "node:fs";
import type { Mapping } from "../symbols/maps.js";
import { isReason } from "../symbols/reason.js";
import { VDSO } from "../symbols/vdso.js";
import type { TextRange } from "../unwind/go-text.js";
import type { UnwindTable } from "../unwind/unwind-table.js";
import { type ArenaSpans, GRACE_MS, type Span } from "./arena-spans.js";
import type { HeldFiles } from "./held-files.js";
import { mostWords, type PlacedTable, placeTable, wordsInChunk } from "./place-table.js";
import type { CodeSegment } from "./table-request.js";
import type { TableThread } from "./table-thread.js";
import type { UnwindArena } from "./unwind-maps.js";

/** The table of one file, on its way or in the arena. */
export interface TableEntry {
  state: "building" | "placed" | "none" | "over-budget";
  code: CodeSegment[];
  isGo: boolean;
  /** Where Go's code is in a file that has other code too. */
  goText: TextRange | undefined;
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
  readonly #byMapping = new Map<string, { identity: string; entry: TableEntry }>();
  readonly #waiting = new Map<TableEntry, (() => void)[]>();

  constructor(
    private readonly arena: Pick<UnwindArena, "write">,
    private readonly spans: ArenaSpans,
    private readonly files: Pick<HeldFiles, "openMapped">,
    private readonly thread: Pick<TableThread, "request">,
    /** Called when an entry has come to an end: placed, none, over-budget; or was taken away again. */
    private readonly onChange: (entry: TableEntry) => void,
  ) {}

  /** The table for a mapped file, asked for when it is new; undefined where no file can be opened. */
  want(pid: number, mapping: Mapping, urgent = false): TableEntry | undefined {
    const key = `${mapping.device} ${mapping.inode} ${mapping.path}`;
    const known = this.#byMapping.get(key);
    if (known !== undefined && this.#entries.get(known.identity) === known.entry) {
      this.#entries.delete(known.identity);
      this.#entries.set(known.identity, known.entry);
      known.entry.users.add(pid);
      return known.entry;
    }
    const source = this.#source(pid, mapping);
    if (source === undefined) return undefined;
    const same = this.#entries.get(source.identity);
    if (same !== undefined) source.discard();
    const entry = same ?? this.#build(source, urgent);
    entry.users.add(pid);
    this.#byMapping.set(key, { identity: source.identity, entry });
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
    for (const [identity, entry] of this.#entries)
      if (entry.state === "over-budget") this.#entries.delete(identity);
  }

  #source(pid: number, mapping: Mapping) {
    if (mapping.path === VDSO && mapping.inode === 0n)
      return { identity: VDSO, request: { vdso: true } as const, discard: () => {} };
    if (mapping.inode === 0n) return undefined;
    const opened = this.files.openMapped(pid, mapping);
    if (isReason(opened)) return undefined;
    return fileSource(opened.fd);
  }

  #build(
    source: { identity: string; request: { fd: number } | { vdso: true } },
    urgent: boolean,
  ): TableEntry {
    const entry: TableEntry = {
      state: "building",
      code: [],
      isGo: false,
      goText: undefined,
      table: undefined,
      placed: undefined,
      users: new Set(),
      idleSinceMs: 0,
    };
    this.#entries.set(source.identity, entry);
    this.thread.request(source.request, urgent, ({ table, code, isGo, goText }) => {
      Object.assign(entry, { table, code, isGo, goText });
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
    for (const [identity, entry] of this.#entries) {
      const isIdle = entry.users.size === 0 && now - entry.idleSinceMs >= GRACE_MS;
      if (entry.placed === undefined || !isIdle) continue;
      this.#entries.delete(identity);
      this.spans.free(entry.placed.span, entry.idleSinceMs);
      const freed = fit();
      if (freed !== undefined) return freed;
    }
    return undefined;
  }
}

function fileSource(fd: number) {
  const { dev, ino, mtimeNs, size } = fstatSync(fd, { bigint: true });
  return { identity: `${dev}:${ino}:${mtimeNs}:${size}`, request: { fd }, discard: () => closeSync(fd) };
}
