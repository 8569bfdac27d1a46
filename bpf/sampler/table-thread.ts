import { closeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { TableReply, TableRequest } from "./table-request.js";

type Source = { fd: number } | { vdso: true };

/** Longest that one table may take; then the thread is ended and the file goes without, in milliseconds. */
const MAX_BUILD_MS = 30_000;

interface Job {
  source: Source;
  done: (reply: TableReply) => void;
}

/** Makes tables in a thread, one after the other; the thread starts with the first. */
export class TableThread {
  #worker: Worker | undefined;
  #waiting: Job[] = [];
  #current: (Job & { id: number; timer: NodeJS.Timeout }) | undefined;
  #nextId = 1;

  constructor(private readonly cacheDirectory: string | undefined) {}

  /** Takes over the descriptor. @param urgent it comes before those that wait */
  request(source: Source, urgent: boolean, done: (reply: TableReply) => void): void {
    this.#waiting[urgent ? "unshift" : "push"]({ source, done });
    this.#next();
  }

  close(): void {
    clearTimeout(this.#current?.timer);
    void this.#worker?.terminate();
    this.#worker = undefined;
    const unfinished = this.#current === undefined ? this.#waiting : [this.#current, ...this.#waiting];
    for (const { source } of unfinished) if ("fd" in source) closeSync(source.fd);
    this.#current = undefined;
    this.#waiting = [];
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    const id = this.#nextId++;
    const timer = setTimeout(() => this.#fail(), MAX_BUILD_MS).unref();
    this.#current = { ...job, id, timer };
    const request: TableRequest = { id, cacheDirectory: this.cacheDirectory, ...job.source };
    this.#started().postMessage(request);
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL("./table-worker.js", import.meta.url));
    this.#worker = worker;
    worker.unref(); // it keeps nobody alive
    worker.on("message", (reply: TableReply) => this.#finish(reply));
    worker.on("error", () => {
      if (this.#worker === worker) this.#fail();
    });
    return worker;
  }

  /** The file goes without a table; what waits goes to a new thread. */
  #fail(): void {
    void this.#worker?.terminate();
    this.#worker = undefined;
    if (this.#current !== undefined)
      this.#finish({ id: this.#current.id, table: undefined, code: [], goCode: [] });
  }

  #finish(reply: TableReply): void {
    const job = this.#current;
    if (job === undefined || job.id !== reply.id) return;
    clearTimeout(job.timer);
    this.#current = undefined;
    if ("fd" in job.source) closeSync(job.source.fd);
    this.#next();
    job.done(reply);
  }
}
