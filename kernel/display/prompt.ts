/** Asks the user; the kernel sets one, a plain Node program has none. */
export type Prompter = (text: string, password: boolean) => Promise<string>;

let current: Prompter | undefined;

export interface PromptOptions {
  /** Do not show what is typed. */
  password?: boolean;
}

/** Lets `prompter` ask from now on. */
export function setPrompter(prompter: Prompter | undefined): void {
  current = prompter;
}

/**
 * Asks the user for a line of text under the cell, and waits for it. An interrupt ends the waiting.
 *
 * @throws {Error} when the client takes no input, as when a notebook is executed without a user, and outside a kernel
 */
export async function prompt(text = "", options: PromptOptions = {}): Promise<string> {
  if (!current)
    throw new Error("prompt() asks in a notebook; this program is none: read process.stdin instead");
  return current(String(text), options.password ?? false);
}
