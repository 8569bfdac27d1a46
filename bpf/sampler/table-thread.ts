import { closeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { TableFileSource } from "./table-file-source.js";
import type { DebugFileWanted, TableReply, TableRequest } from "./table-request.js";

export type TableSource = Pick<TableFileSource, "pid" | "open" | "openDebugFile" | "close"> | { vdso: true };

/** Longest that one table may take; then the thread is ended and the file goes without, in milliseconds. */
const MAX_BUILD_MS = 30_000;
/** Most files that are held open while they wait; the others are opened again at their turn. */
export const MAX_WAITING_FILES = 256;

interface Job {
  source: TableSource;
  urgent: boolean;
  done: (reply: TableReply) => void;
}

/**
 * Makes tables in a thread, one after the other; the thread starts with the first.
 *
 * The next one is for the process that had least of the thread's time so far: one that maps thousands of files waits for
 * itself.
 */
export class TableThread {
  #worker: Worker | undefined;
  #waiting: Job[] = [];
  #current: (Job & { id: number; startedMs: number; timer: NodeJS.Timeout; debugFd?: number }) | undefined;
  /** By process, since nothing waited. */
  readonly #spentMs = new Map<number, number>();
  #nextId = 1;

  constructor(private readonly cacheDirectory: string | undefined) {}

  /** Takes over the source. @param urgent it comes before those that wait */
  request(source: TableSource, urgent: boolean, done: (reply: TableReply) => void): void {
    this.#waiting.push({ source, urgent, done });
    this.#next();
    if (this.#waiting.length > MAX_WAITING_FILES) close(source);
  }

  close(): void {
    clearTimeout(this.#current?.timer);
    void this.#worker?.terminate();
    this.#worker = undefined;
    this.#closeFiles();
    for (const { source } of this.#waiting) close(source);
    this.#current = undefined;
    this.#waiting = [];
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const job = this.#takeNext();
    if (job === undefined) return;
    const id = this.#nextId++;
    const timer = setTimeout(() => this.#fail(), MAX_BUILD_MS).unref();
    this.#current = { ...job, id, timer, startedMs: performance.now() };
    if ("vdso" in job.source) {
      this.#post({ id, cacheDirectory: this.cacheDirectory, vdso: true });
      return;
    }
    const fd = job.source.open();
    if (fd === undefined) setImmediate(() => this.#finish(none(id)));
    else this.#post({ id, cacheDirectory: this.cacheDirectory, fd });
  }

  #takeNext(): Job | undefined {
    let best = 0;
    const spentMs = ({ source }: Job) => this.#spentMs.get(processOf(source)) ?? 0;
    for (const [i, job] of this.#waiting.entries()) {
      const first = this.#waiting[best];
      if (job.urgent === first.urgent ? spentMs(job) < spentMs(first) : job.urgent) best = i;
    }
    if (this.#waiting.length === 0) this.#spentMs.clear();
    return this.#waiting.splice(best, 1)[0];
  }

  #post(request: TableRequest): void {
    this.#started().postMessage(request);
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL("./table-worker.js", import.meta.url));
    this.#worker = worker;
    worker.unref(); // it keeps nobody alive
    worker.on("message", (reply: TableReply | DebugFileWanted) =>
      "debugFileWanted" in reply ? this.#addDebugFile(reply.id) : this.#finish(reply),
    );
    worker.on("error", () => {
      if (this.#worker === worker) this.#fail();
    });
    return worker;
  }

  #addDebugFile(id: number): void {
    const job = this.#current;
    if (job === undefined || job.id !== id || "vdso" in job.source) return;
    job.debugFd = job.source.openDebugFile();
    const fd = job.source.open();
    if (fd === undefined) this.#finish(none(id));
    else this.#post({ id, cacheDirectory: this.cacheDirectory, fd, debugFd: job.debugFd ?? null });
  }

  /** The file goes without a table; what waits goes to a new thread. */
  #fail(): void {
    void this.#worker?.terminate();
    this.#worker = undefined;
    if (this.#current !== undefined) this.#finish(none(this.#current.id));
  }

  #finish(reply: TableReply): void {
    const job = this.#current;
    if (job === undefined || job.id !== reply.id) return;
    clearTimeout(job.timer);
    const pid = processOf(job.source);
    this.#spentMs.set(pid, (this.#spentMs.get(pid) ?? 0) + performance.now() - job.startedMs);
    this.#closeFiles();
    this.#current = undefined;
    this.#next();
    job.done(reply);
  }

  #closeFiles(): void {
    if (this.#current === undefined) return;
    close(this.#current.source);
    if (this.#current.debugFd !== undefined) closeSync(this.#current.debugFd);
  }
}

/** 0 for the vdso, which is everybody's. */
function processOf(source: TableSource): number {
  return "vdso" in source ? 0 : source.pid;
}

function close(source: TableSource): void {
  if (!("vdso" in source)) source.close();
}

function none(id: number): TableReply {
  return { id, table: undefined, code: [], goCode: [] };
}
