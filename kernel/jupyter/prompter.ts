import { Interrupted, onInterrupt } from "../cells/interrupt.js";
import type { Prompter } from "../display/prompt.js";
import type { FromCells, InputAnswer } from "./cell-messages.js";

/** The cells' side of `prompt()`: sends questions to the kernel and waits for the answers. */
export class KernelPrompter {
  readonly #send: (message: FromCells) => void;
  readonly #parent: () => number | undefined;
  readonly #waiting = new Map<number, (answer: InputAnswer) => void>();
  #lastId = 0;

  constructor(send: (message: FromCells) => void, parent: () => number | undefined) {
    this.#send = send;
    this.#parent = parent;
  }

  /** @throws {Error} when the client takes no input; {@link Interrupted} when the user interrupts instead of answering */
  readonly ask: Prompter = async (text, password) => {
    const id = ++this.#lastId;
    let removeHandler: (() => void) | undefined;
    try {
      const answer = await new Promise<InputAnswer>((resolve, reject) => {
        this.#waiting.set(id, resolve);
        removeHandler = onInterrupt(() => {
          this.#send({ type: "input-cancelled", id });
          reject(new Interrupted());
        });
        this.#send({ type: "input", id, parent: this.#parent(), text, password });
      });
      if ("error" in answer) throw new Error(`prompt(): ${answer.error}`);
      return answer.value;
    } finally {
      removeHandler?.();
      this.#waiting.delete(id);
    }
  };

  receive(id: number, answer: InputAnswer): void {
    this.#waiting.get(id)?.(answer);
  }
}
