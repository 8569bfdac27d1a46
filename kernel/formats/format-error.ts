/** A file, or its text, as a reader gets it. */
export interface FormatSource {
  /** Its path, or what it is called in errors. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** A file that is not what its format demands. The message names the file, the place in it, and what was expected. */
export class FormatError extends Error {
  override readonly name = "FormatError";

  /**
   * @param file Path of the file.
   * @param format What it was read as: `pprof`.
   * @param place Where: `byte 120`, `line 7`, or a path in JSON such as `$.profiles[0].samples`.
   * @param problem What was expected there, and what was found.
   */
  constructor(
    readonly file: string,
    readonly format: string,
    readonly place: string,
    readonly problem: string,
  ) {
    super(`${shown(file)}: ${place}: ${shown(problem)} (read as ${format})`);
  }
}

/** Text of a stranger's file on one line of a message. */
function shown(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the letters that must not reach a terminal
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "�");
  return clean.length > 300 ? `${clean.slice(0, 300)}…` : clean;
}
