/** A recording that cannot be saved or loaded. The message names the folder or the file in it, and the remedy. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
  /** True: a notebook shows the message without a stack trace, which would be of our own code. */
  readonly isExplained = true;

  /**
   * @param file The folder, or the file in it.
   * @param problem What is wrong with it.
   */
  constructor(
    readonly file: string,
    readonly problem: string,
  ) {
    super(`${file}: ${problem}`);
  }
}
