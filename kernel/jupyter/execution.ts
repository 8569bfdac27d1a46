import type { CellError } from "../cells/compilation.js";
import { interruptedError } from "../cells/interrupt.js";
import type { CellOutcome } from "../cells/runner.js";
import type { MimeBundle } from "../display/mime.js";
import type { CellProcess } from "./cell-process.js";
import type { CompilerClient } from "./compiler-client.js";
import { type Death, deathError } from "./death.js";
import type { History } from "./history.js";
import type { Content } from "./message.js";
import type { OutputStreams } from "./output-streams.js";
import { inspectionBundle } from "./requests/code.js";
import type { Request } from "./session.js";

interface ExecuteContent {
  code: string;
  silent?: boolean;
  store_history?: boolean;
  stop_on_error?: boolean;
  user_expressions?: Record<string, string>;
}

/** A name and a question mark, which is no TypeScript. */
const QUESTION = /^\s*([\w$.]+)\?\s*$/;

/** Cells that may still speak after their end. */
const MAX_RECENT = 200;

/** Runs cells one after the other, in the order in which they were asked for. */
export class Execution {
  readonly #compiler: CompilerClient;
  readonly #cells: CellProcess;
  readonly #history: History;
  readonly #output: OutputStreams;
  #last: Promise<void> = Promise.resolve();
  /** Number of the last cell that counts. */
  #count = 0;
  /** Number of the last text that was compiled: cells, silent ones, expressions. */
  #compiled = 0;
  /** Grows when a failed cell aborts the ones that wait; a cell of an older generation does not run. */
  #generation = 0;
  #isInterrupted = false;
  /** Requests of the latest cells, by the cell's number. */
  readonly #recent = new Map<number, Request>();
  /** The cell that runs or ran last: output belongs to it, however late it comes. */
  parent: Request | undefined;

  constructor(compiler: CompilerClient, cells: CellProcess, history: History, output: OutputStreams) {
    this.#compiler = compiler;
    this.#cells = cells;
    this.#history = history;
    this.#output = output;
  }

  /** Runs the request's cell when those before it are done. */
  execute(request: Request): Promise<void> {
    const generation = this.#generation;
    const done = this.#last.then(() => {
      if (generation === this.#generation) return this.#run(request);
      request.reply({ status: "aborted", execution_count: this.#count });
      return undefined;
    });
    this.#last = done.catch(() => {});
    return done;
  }

  /** Stops the cell that runs, if any, also while it is compiled. */
  async interrupt(): Promise<void> {
    this.#isInterrupted = true;
    await this.#cells.interrupt();
  }

  /** The process of the cells has ended: ends what ran in it, and answers what waits. */
  async died(death: Death): Promise<void> {
    const error = deathError(death);
    this.#generation++;
    if (death.code === 0 || !this.#cells.giveUp(failed(error))) {
      this.#output.write("stderr", `${error.traceback.join("\n")}\n`);
      this.#output.flush();
      this.#cells.giveUp({ status: "ok" });
    }
    await this.#last;
  }

  /** The request that a cell came with, for what it does after its end; without a number, the last one. */
  requestOf(cell: number | undefined): Request | undefined {
    return (cell === undefined ? undefined : this.#recent.get(cell)) ?? this.parent;
  }

  async #run(request: Request): Promise<void> {
    const content = request.content as unknown as ExecuteContent;
    const isSilent = content.silent ?? false;
    const isCounted = !isSilent && (content.store_history ?? true);
    this.#output.flush();
    this.parent = request;
    this.#isInterrupted = false;
    if (isCounted) {
      this.#history.add(++this.#count, content.code);
      this.#recent.set(this.#count, request);
      this.#recent.delete(this.#count - MAX_RECENT);
    }
    const count = { execution_count: this.#count };
    if (!isSilent) request.publish("execute_input", { code: content.code, ...count });
    const page = await this.#page(content.code);
    if (page) {
      request.reply({ ...count, user_expressions: {}, payload: [{ source: "page", data: page, start: 0 }] });
      return;
    }
    const outcome = await this.#outcome(content.code, isCounted ? this.#count : undefined);
    this.#output.flush();
    if (outcome.status === "error") {
      request.publish("error", { ...outcome.error });
      if (content.stop_on_error ?? true) this.#generation++;
      request.reply({ status: "error", ...outcome.error, ...count, user_expressions: {}, payload: [] });
      return;
    }
    if (outcome.result && !isSilent) {
      request.publish("execute_result", { data: outcome.result, metadata: {}, ...count });
    }
    request.reply({
      ...count,
      user_expressions: await this.#evaluate(content.user_expressions),
      payload: [],
    });
  }

  /** What a cell like `profile?` asks for, in the manner of IPython; undefined for any other cell. */
  async #page(code: string): Promise<MimeBundle | undefined> {
    const [, name] = QUESTION.exec(code) ?? [];
    const found = name === undefined ? undefined : await this.#compiler.ask("inspect", name, name.length);
    return found && inspectionBundle(found);
  }

  /** @param number of the cell in the notebook; undefined for a text that does not count there */
  async #outcome(code: string, number?: number): Promise<CellOutcome> {
    // Numbers past the notebook's keep silent texts apart in stack traces and source maps.
    const id = number ?? 1_000_000 + ++this.#compiled;
    try {
      const compilation = await this.#compiler.ask("compile", code, id);
      if ("error" in compilation) return failed(compilation.error);
      if (this.#isInterrupted) return failed(interruptedError());
      const outcome = await this.#cells.run(compilation.cell);
      await this.#compiler.ask("commit", id, outcome.status === "error" ? outcome.unassigned : []);
      return outcome;
    } catch (error) {
      const { message, stack } = error as Error;
      return failed({ ename: "CompilerError", evalue: message, traceback: String(stack).split("\n") });
    }
  }

  async #evaluate(expressions: Record<string, string> = {}): Promise<Record<string, Content>> {
    const values: Record<string, Content> = {};
    for (const [name, code] of Object.entries(expressions)) {
      const outcome = await this.#outcome(code);
      if (outcome.status === "error") values[name] = { status: "error", ...outcome.error };
      else values[name] = { status: "ok", data: outcome.result ?? nothing(), metadata: {} };
    }
    return values;
  }
}

function nothing(): MimeBundle {
  return { "text/plain": "undefined" };
}

function failed(error: CellError): CellOutcome {
  return { status: "error", error, unassigned: [] };
}
