import type { InputAnswer } from "./cell-messages.js";
import type { Content, Message } from "./message.js";
import type { Request } from "./session.js";

interface Question {
  id: number;
  request: Request | undefined;
  content: { prompt: string; password: boolean };
  answer(value: InputAnswer): void;
}

/** Asks users for input, one question at a time: a notebook has one box for answers. */
export class Input {
  readonly #waiting: Question[] = [];
  /** Id of the `input_request` that stands before the user, which is that of the first in the list. */
  #asked: string | undefined;

  ask(question: Question): void {
    const { request, answer } = question;
    if (!request?.content.allow_stdin) {
      answer({
        error: request ? "this client takes no input (allow_stdin is false)" : "no cell runs that could ask",
      });
      return;
    }
    this.#waiting.push(question);
    this.#askFirst();
  }

  /** Forgets a question, if it is not answered. */
  cancel(id: number): void {
    const index = this.#waiting.findIndex((question) => question.id === id);
    if (index >= 0) this.#remove(index);
  }

  /** Takes an `input_reply`. Not every client names the request that it answers. */
  receive({ header, parent, content }: Message): void {
    const [question] = this.#waiting;
    if (header.msg_type !== "input_reply" || !question) return;
    if (parent.msg_type === "input_request" && parent.msg_id !== this.#asked) return; // of a cancelled one
    question.answer(answered(content));
    this.#remove(0);
  }

  #remove(index: number): void {
    this.#waiting.splice(index, 1);
    if (index === 0) this.#asked = undefined;
    this.#askFirst();
  }

  #askFirst(): void {
    const [question] = this.#waiting;
    if (question && this.#asked === undefined) this.#asked = question.request?.ask({ ...question.content });
  }
}

function answered({ value, status, evalue }: Content): InputAnswer {
  if (status === "error" || status === "abort") return { error: String(evalue ?? "the input was refused") };
  return { value: String(value ?? "") };
}
