/** A command line that makes no sense; its message is printed above the usage, without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
