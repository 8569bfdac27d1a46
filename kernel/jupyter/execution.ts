import type { CellError, Compilation } from "../cells/compilation.js";
import type { Compiler } from "../cells/compiler.js";
import type { CompilerMethod } from "../cells/compiler-messages.js";
import { Interrupted, interruptedError } from "../cells/interrupt.js";
import type { CellOutcome } from "../cells/runner.js";
import type { MimeBundle } from "../display/mime.js";
import type { CellProcess } from "./cell-process.js";
import type { CompilerClient } from "./compiler-client.js";
import { type Death, deathError } from "./death.js";
import type { History } from "./history.js";
import type { Content } from "./message.js";
import type { Outputs } from "./outputs.js";
import type { Parents } from "./parents.js";
import { codeOf, inspectionBundle } from "./requests/code.js";
import type { Request } from "./session.js";

interface ExecuteContent {
  code: string;
  silent?: boolean;
  store_history?: boolean;
  stop_on_error?: boolean;
  user_expressions?: Record<string, string> | null;
}

/** A name and a question mark, which is no TypeScript. */
const QUESTION = /^\s*([\w$.]+)\?\s*$/;

/** Runs cells one after the other, in the order in which they were asked for. */
export class Execution {
  readonly #compiler: CompilerClient;
  readonly #cells: CellProcess;
  readonly #history: History;
  readonly #outputs: Outputs;
  readonly #parents: Parents;
  /** Ends when the cell that was asked for last is done; undefined when it is. */
  #last: Promise<void> | undefined;
  /** Number of the last cell that counts. */
  #count = 0;
  /** Number of the last text that was compiled: cells, silent ones, expressions. */
  #compiled = 0;
  /** Grows when a failed cell aborts the ones that wait; a cell of an older generation does not run. */
  #generation = 0;
  #isInterrupted = false;
  /** Ends when the compiler knows what the last cell declared; undefined when it does. */
  #committed: Promise<void> | undefined;
  /** Whether the cell that is at work waits for the compiler. */
  #isCompiling = false;
  /** Why no cell can run any longer. */
  #death: CellError | undefined;

  constructor(parts: {
    compiler: CompilerClient;
    cells: CellProcess;
    history: History;
    outputs: Outputs;
    parents: Parents;
  }) {
    this.#compiler = parts.compiler;
    this.#cells = parts.cells;
    this.#history = parts.history;
    this.#outputs = parts.outputs;
    this.#parents = parts.parents;
  }

  /** Runs the request's cell when those before it are done. @throws {TypeError} when it has no code */
  execute(request: Request): Promise<void> {
    codeOf(request.content);
    const generation = this.#generation;
    const done = this.#last
      ? this.#last.then(() => {
          if (generation === this.#generation) return this.#run(request);
          request.reply({ status: "aborted" }); // a count would be shown as the cell's number
          return undefined;
        })
      : this.#run(request);
    const last = done
      .catch(() => {})
      .then(() => {
        if (this.#last === last) this.#last = undefined;
      });
    this.#last = last;
    return done;
  }

  /** Stops the cell that runs, if any, also while it is compiled. */
  async interrupt(): Promise<void> {
    this.#isInterrupted = true;
    await Promise.all([this.#cells.interrupt(), this.#isCompiling ? this.#compiler.interrupt() : undefined]);
  }

  /** The process of the cells has ended: ends what ran in it, and answers what waits. */
  async died(death: Death): Promise<void> {
    const error = deathError(death);
    this.#death = error;
    this.#generation++;
    if (this.#isCompiling) void this.#compiler.interrupt();
    const isTold = this.#isCompiling || (death.code !== 0 && this.#cells.giveUp(failed(error)));
    if (!isTold) {
      const text = `${error.traceback.join("\n")}\n`;
      this.#outputs.publish({ type: "stream", parent: undefined, name: "stderr", text });
      this.#outputs.flush();
      this.#cells.giveUp({ status: "ok" });
    }
    await this.#last;
  }

  async #run(request: Request): Promise<void> {
    const content = request.content as unknown as ExecuteContent;
    const isSilent = content.silent ?? false;
    const isCounted = !isSilent && (content.store_history ?? true);
    const started = { started: new Date().toISOString() };
    this.#outputs.flush();
    this.#isInterrupted = false;
    if (isCounted) this.#count++;
    const count = { execution_count: this.#count };
    const id = this.#number(isCounted);
    const [, asked] = QUESTION.exec(content.code) ?? [];
    // The compiler works while this process says that the cell has begun.
    const compilation = asked === undefined ? this.#compile(request, content.code, id) : undefined;
    if (isCounted) this.#history.add(this.#count, content.code);
    if (!isSilent) request.publish("execute_input", { code: content.code, ...count });
    const page = asked === undefined ? undefined : await this.#page(asked);
    if (page && !this.#death) {
      const payload = [{ source: "page", data: page, start: 0 }];
      request.reply({ ...count, user_expressions: {}, payload }, started);
      return;
    }
    const outcome = await this.#outcome(
      compilation ?? this.#compile(request, content.code, id),
      content.code,
      id,
    );
    this.#outputs.flush();
    if (outcome.status === "error") {
      request.publish("error", { ...outcome.error });
      if (content.stop_on_error ?? true) this.#generation++;
      const answer = { status: "error", ...outcome.error, ...count, user_expressions: {}, payload: [] };
      request.reply(answer, started);
      return;
    }
    if (outcome.result && !isSilent) {
      request.publish("execute_result", { data: outcome.result, metadata: {}, ...count });
    }
    this.#isInterrupted = false; // the cell took it
    const user_expressions = await this.#evaluate(request, content.user_expressions);
    this.#outputs.flush();
    request.reply({ ...count, user_expressions, payload: [] }, started);
    const text = outcome.result?.["text/plain"];
    if (isCounted && typeof text === "string") this.#history.addOutput(count.execution_count, text);
  }

  /** Number of a text that is compiled next. @param isCounted whether it is the cell that was counted last */
  #number(isCounted: boolean): number {
    // Numbers past the notebook's keep silent texts apart in stack traces and source maps.
    return isCounted ? this.#count : 1_000_000 + ++this.#compiled;
  }

  /** What is known of a name, as a cell like `profile?` asks, in the manner of IPython; undefined also after an interrupt. */
  async #page(name: string): Promise<MimeBundle | undefined> {
    try {
      const found = await this.#ask("inspect", name, name.length);
      return found && inspectionBundle(found);
    } catch (error) {
      if (error instanceof Interrupted) return undefined;
      throw error;
    }
  }

  /** Runs what was compiled. */
  async #outcome(compiling: Promise<Compilation>, code: string, id: number): Promise<CellOutcome> {
    try {
      const compilation = await compiling;
      if (this.#death) return failed(this.#death);
      if ("error" in compilation) return failed(compilation.error);
      if (this.#isInterrupted) return failed(interruptedError());
      const outcome = await this.#cells.run(compilation.cell, id);
      this.#commitInBackground(code, id, outcome);
      return outcome;
    } catch (error) {
      if (this.#death) return failed(this.#death);
      if (error instanceof Interrupted) return failed(interruptedError());
      const { message, stack } = error as Error;
      return failed({ ename: "CompilerError", evalue: message, traceback: String(stack).split("\n") });
    }
  }

  async #compile(request: Request, code: string, id: number): Promise<Compilation> {
    this.#parents.add(id, request);
    this.#isCompiling = true;
    try {
      if (this.#committed) await this.#committed;
      if (this.#isInterrupted || this.#death) throw new Interrupted();
      return await this.#ask("compile", code, id);
    } finally {
      this.#isCompiling = false;
    }
  }

  /**
   * Only the next cell waits for what the one before declares: who runs them sees the result at once. It is told before the
   * reply, so that what is asked of the compiler next comes behind it.
   */
  #commitInBackground(code: string, id: number, outcome: CellOutcome): void {
    const committed = this.#commit(code, id, outcome).then(() => {
      if (this.#committed === committed) this.#committed = undefined;
    });
    this.#committed = committed;
  }

  /** A compiler that ends meanwhile is followed by one that does not know the cell: it compiles it again. */
  async #commit(code: string, id: number, outcome: CellOutcome): Promise<void> {
    const unassigned = outcome.status === "error" ? outcome.unassigned : [];
    const commit = () => this.#compiler.ask("commit", id, unassigned, outcome.columns);
    try {
      await commit();
    } catch {
      await this.#compiler
        .ask("compile", code, id)
        .then(commit)
        .catch(() => {});
    }
  }

  /** Asks the compiler for the cell; an interrupt ends the waiting. */
  async #ask<M extends CompilerMethod>(method: M, ...list: Parameters<Compiler[M]>) {
    this.#isCompiling = true;
    try {
      return await this.#compiler.ask(method, ...list);
    } finally {
      this.#isCompiling = false;
    }
  }

  async #evaluate(
    request: Request,
    expressions: ExecuteContent["user_expressions"],
  ): Promise<Record<string, Content>> {
    const values: Record<string, Content> = {};
    for (const [name, expression] of Object.entries(expressions ?? {})) {
      const [code, id] = [String(expression), this.#number(false)];
      const outcome = await this.#outcome(this.#compile(request, code, id), code, id);
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
