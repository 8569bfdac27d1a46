import { CfiReader } from "./cfi-reader.js";
import type { CfiSection } from "./cfi-sections.js";
import type { CfiState } from "./cfi-state.js";
import type { GoroutineSwitch } from "./go-cgo.js";
import { findHandlerEntry, HANDLER_ENTRY_BYTES } from "./handler-entry.js";
import { type RowWords, RuleEncoder } from "./rule-encoder.js";

export type { RowWords };

/** Reads `bytes` of code before an address. */
export type CodeBefore = (pc: number, bytes: number) => Uint8Array;

/** The rows of states that are out of the ordinary: expressions, other registers, handlers' entries. */
export class RareRows {
  readonly #encoder = new RuleEncoder();
  readonly #readers: CfiReader[];

  constructor(
    sections: readonly CfiSection[],
    private readonly codeBefore: CodeBefore,
  ) {
    this.#readers = sections.map(({ bytes }) => new CfiReader(bytes));
  }

  get rules(): Uint8Array {
    return this.#encoder.rules;
  }

  /** @param flags that the walk gives to the frame that is found */
  encode(state: CfiState, section: number, isSignalFrame: boolean, flags: number): RowWords {
    return this.#encoder.encode(state, this.#readers[section], isSignalFrame, flags);
  }

  /** The row of where C is called on another stack than the goroutine's. */
  goroutineSwitch(part: GoroutineSwitch): RowWords {
    return this.#encoder.goroutineSwitch(part);
  }

  /** The row of a place at which an unwinder enters a handler's frame, and from where on, behind `lastPc`, it holds. */
  handlerEntry(pc: number, lastPc: number): { from: number; words: RowWords } | undefined {
    const entry = findHandlerEntry(this.codeBefore(pc, HANDLER_ENTRY_BYTES));
    if (entry === undefined) return undefined;
    // A return address is looked for a byte before it, in the call.
    const from = pc - entry.before - 1;
    return from > lastPc ? { from, words: this.#encoder.handlerEntry(entry) } : undefined;
  }
}
