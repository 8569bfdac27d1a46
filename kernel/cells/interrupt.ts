import type { CellError } from "./compilation.js";

/** The error with which an interrupted cell ends. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  constructor() {
    super("the cell was interrupted");
    this.stack = `${this.name}: ${this.message}`; // it is made where the interrupt arrives, not where the cell was
  }
}

/** The same as Jupyter shows it, for a cell that cannot end by itself. */
export function interruptedError(): CellError {
  const { name: ename, message: evalue } = new Interrupted();
  return { ename, evalue, traceback: [`${ename}: ${evalue}`] };
}

const handlers = new Set<() => void>();
/** True once the handlers of the running cell were called: the next interrupt ends the cell. */
let isHandled = false;
let rejectCell: ((reason: Interrupted) => void) | undefined;

/**
 * Hears of interrupts: while a handler is registered, an interrupt calls it and the cell goes on; a second interrupt ends
 * the cell all the same.
 *
 * A busy main thread hears nothing: after 200 ms what it runs is terminated, which unwinds the stack without `finally`.
 * The handler is called afterwards. Code that must survive this runs the busy function in a task of its own
 * (`setImmediate`) and waits for it and for the interrupt.
 *
 * @returns removes the handler; call it in a `finally`
 */
export function onInterrupt(handler: () => void): () => void {
  const entry = () => handler(); // the same function may be registered twice
  handlers.add(entry);
  return () => handlers.delete(entry);
}

/** Starts the time in which interrupts belong to one cell; rejects with {@link Interrupted} when they end it. */
export function interruption(): Promise<never> {
  isHandled = false;
  const promise = new Promise<never>((_, reject) => {
    rejectCell = reject;
  });
  promise.catch(() => {}); // the cell may be over when it rejects
  return promise;
}

/**
 * Interrupts what runs.
 *
 * @returns whether a handler took it, so that the cell goes on
 */
export function interruptCell(): boolean {
  if (handlers.size > 0 && !isHandled) {
    isHandled = true;
    for (const handler of [...handlers]) handler();
    return true;
  }
  rejectCell?.(new Interrupted());
  return false;
}
