/** A query that DuckDB refuses or cannot finish: its message, with the line, a caret under the place, and what it suggests. */
export class SqlError extends Error {
  override readonly name = "SqlError";
  /** True: a notebook shows the message without a stack trace, which would be of our own code. */
  readonly isExplained = true;

  /** @param query The text of the query, in which a value `${…}` is `$1`. */
  constructor(
    message: string,
    readonly query: string,
  ) {
    super(message);
  }
}
